/** Texts of the page whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3). */
;(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgb = (color) => {
    if (canvas === null) return []
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const light = (channel = 0) =>
    channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b)
  const behind = (element) => {
    if (element === null) return 'white'
    const { backgroundColor } = getComputedStyle(element)
    return rgb(backgroundColor)[3] === 255 ? backgroundColor : behind(element.parentElement)
  }
  const faint = []
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
    )
    if (!own || !element.checkVisibility()) continue
    const pair = [getComputedStyle(element).color, behind(element)].map((color) =>
      luminance(rgb(color)),
    )
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05)
    if (ratio < 4.5) faint.push(`${element.textContent?.trim()}: ${ratio.toFixed(2)}`)
  }
  return faint
})()
