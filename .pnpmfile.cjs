// What goes into a published package.json: no way into our sources, and nothing for developers.
function withoutSource(value) {
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([condition]) => condition !== 'source')
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutSource(inner)]))
}

module.exports = {
  hooks: {
    beforePacking(manifest) {
      const { devDependencies: _tools, scripts: _commands, ...published } = manifest
      return { ...published, exports: withoutSource(published.exports) }
    },
  },
}
