// A page of another origin. It tries a token that was issued to the page around it, which alone may
// frame this one (see its CSP). The browser puts this page's own origin on the request.
addEventListener('message', async ({ source, data, ports: [port] }) => {
  if (source !== parent) return
  try {
    const answer = await fetch(data.url, { headers: { authorization: `Bearer ${data.token}` } })
    port.postMessage({
      status: answer.status,
      problem: answer.ok ? undefined : await answer.json(),
    })
  } catch {
    port.postMessage({ status: 0 })
  }
})
