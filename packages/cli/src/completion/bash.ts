import { byAnswer, type CompletedCommand, type Values } from './tree.ts'

/**
 * Writes the completion for bash. It needs nothing else, bash-completion included, and runs on the
 * bash 3.2 of macOS.
 */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== '')
  const words = commands.map(
    ({ path, commands: below, options }) =>
      `    ${pattern(path)}) words=${quoted([
        ...below.map(({ name }) => name),
        ...options.flatMap(({ names }) => names),
      ])} ;;`,
  )
  return `# bash completion for mayfly. Put this into ~/.bashrc:
#   source <(mayfly completion bash)
_mayfly() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local at='' words='' index
  # bash takes the "=" of --option=value for a word of its own.
  if [[ $current == '=' ]]; then current=''
  elif [[ $before == '=' ]]; then before="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$at/\${COMP_WORDS[index]}" in
      ${paths.join('|')})
        at="$at/\${COMP_WORDS[index]}" ;;
    esac
  done
  COMPREPLY=()
  case "$at:$before" in
${valueCases(commands).join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -o bashdefault -F _mayfly mayfly
`
}

function valueCases(commands: readonly CompletedCommand[]): readonly string[] {
  const groups = [...byAnswer(commands, answer)]
  return groups.map(([action, patterns]) => `    ${patterns.join('|')})\n      ${action} ;;`)
}

function answer(values: Values): string {
  switch (values.kind) {
    // With nothing to offer bash completes file names by itself, and quotes them well.
    case 'files':
      return 'return'
    case 'words':
      return `COMPREPLY=($(compgen -W ${quoted(values.words)} -- "$current")); return`
    case 'variables':
      return 'COMPREPLY=($(compgen -e -- "$current")); return'
    default:
      return 'compopt +o default +o bashdefault 2>/dev/null; return 0'
  }
}

function pattern(path: string): string {
  return path === '' ? "''" : path
}

function quoted(words: readonly string[]): string {
  return `'${words.join(' ')}'`
}
