import { byAnswer, type CompletedCommand, type Values } from './tree.ts'

/** Writes the completion for fish, with the descriptions. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== '')
  return `# fish completion for mayfly. Put this into ~/.config/fish/config.fish:
#   mayfly completion fish | source
function __mayfly_complete
  set -l words (commandline --tokenize --cut-at-cursor --current-process)
  set -l current (commandline --current-token)
  set -l before $words[-1]
  set -l at ''
  for word in $words[2..-1]
    switch "$at/$word"
      case ${paths.join(' ')}
        set at "$at/$word"
    end
  end
  switch "$at:$before"
${valueCases(commands).join('\n')}
  end
  switch "$at"
${commands.map(wordCase).join('\n')}
  end
end
complete --command mayfly --erase
complete --command mayfly --no-files --arguments '(__mayfly_complete)'
`
}

function wordCase({ path, commands, options }: CompletedCommand): string {
  const own = options.flatMap(({ names, description }) =>
    names.map((name) => described(name, description)),
  )
  const below = commands.map(({ name, description }) => described(name, description))
  const rest = below.length === 0 ? '__fish_complete_path $current' : printing(below)
  return `    case ${quoted(path)}
      if string match --quiet -- '-*' $current
        ${printing(own)}
      else
        ${rest}
      end`
}

function valueCases(commands: readonly CompletedCommand[]): readonly string[] {
  const groups = [...byAnswer(commands, answer)]
  return groups.map(
    ([action, patterns]) => `    case ${patterns.join(' ')}\n      ${action}\n      return`,
  )
}

function answer(values: Values): string {
  switch (values.kind) {
    case 'files':
      return '__fish_complete_path $current'
    case 'words':
      return printing(values.words)
    case 'variables':
      return 'set --export --names'
    default:
      return 'true'
  }
}

function printing(words: readonly string[]): string {
  return `printf '%s\\n' ${words.map(quoted).join(' ')}`
}

function described(name: string, description: string): string {
  return description === '' ? name : `${name}\t${description}`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}
