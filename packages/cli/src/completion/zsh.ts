import { byAnswer, type CompletedCommand, type Values } from './tree.ts'

/** Writes the completion for zsh, with the descriptions. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== '')
  return `#compdef mayfly
# zsh completion for mayfly. Put this into ~/.zshrc, after compinit:
#   source <(mayfly completion zsh)
_mayfly() {
  local at='' word
  local -a commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at/$word" in
      ${paths.join('|')})
        at="$at/$word" ;;
    esac
  done
  case "$at:\${words[CURRENT-1]}" in
${valueCases(commands).join('\n')}
  esac
  case "$at" in
${commands.map(wordCase).join('\n')}
  esac
  if (( \${#commands} )) && [[ $PREFIX != -* ]]; then
    _describe -t commands 'command' commands
  elif [[ $PREFIX == -* ]]; then
    _describe -o -t options 'option' options
  else
    _files
  fi
}
compdef _mayfly mayfly
`
}

function wordCase({ path, commands, options }: CompletedCommand): string {
  const below = commands.map(({ name, description }) => described(name, description))
  const own = options.flatMap(({ names, description }) =>
    names.map((name) => described(name, description)),
  )
  return `    ${path === '' ? "''" : path})
      commands=(${below.join(' ')})
      options=(${own.join(' ')}) ;;`
}

function valueCases(commands: readonly CompletedCommand[]): readonly string[] {
  const groups = [...byAnswer(commands, answer)]
  return groups.map(
    ([action, patterns]) => `    ${patterns.join('|')})\n      ${action}; return ;;`,
  )
}

function answer(values: Values, description: string): string {
  switch (values.kind) {
    case 'files':
      return '_files'
    case 'words':
      return `compadd -- ${values.words.join(' ')}`
    case 'variables':
      return 'compadd -- ${(k)parameters[(R)*export*]}'
    default:
      return `_message ${quoted(description)}`
  }
}

function described(name: string, description: string): string {
  return quoted(`${name.replaceAll(':', '\\:')}:${description}`)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
