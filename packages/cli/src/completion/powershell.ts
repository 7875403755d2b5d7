import type { CompletedCommand, Values } from './tree.ts'

/**
 * Writes the completion for PowerShell, of Windows and of every other system. What each command has is
 * data of the script's own, so that no name is ever run as code.
 */
export function powershellCompletion(commands: readonly CompletedCommand[]): string {
  const tree = Object.fromEntries(
    commands.map(({ path, commands: below, options }) => [
      path,
      {
        words: below.map(({ name, description }) => [name, description]),
        options: options.flatMap(({ names, description, values }) =>
          names.map((name) => [name, description, valuesOf(values)]),
        ),
      },
    ]),
  )
  return `# PowerShell completion for mayfly. Put this into the file that $PROFILE names:
#   mayfly completion powershell | Out-String | Invoke-Expression
$MayflyTree = @'
${JSON.stringify(tree)}
'@ | ConvertFrom-Json
Register-ArgumentCompleter -Native -CommandName mayfly -ScriptBlock {
  param($current, $line, $cursor)
  $words = @($line.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.ToString() })
  $at = ''
  foreach ($word in $words) {
    if ($MayflyTree.PSObject.Properties.Name -ccontains "$at/$word") { $at = "$at/$word" }
  }
  $own = $MayflyTree.PSObject.Properties[$at].Value
  $before = if ($words.Count -gt 0) { $words[-1] } else { '' }
  $option = $own.options | Where-Object { $_[0] -ceq $before } | Select-Object -First 1
  if ($option -and $option[2] -ne $null) {
    if ($option[2] -is [string] -and $option[2] -eq 'variables') {
      $offers = Get-ChildItem Env: | ForEach-Object { , @($_.Name, $_.Name) }
    } elseif ($option[2] -is [string]) {
      # Nothing offered: PowerShell completes file names by itself.
      return
    } else {
      $offers = $option[2] | ForEach-Object { , @($_, $_) }
    }
  } else {
    $offers = @($own.words) + @($own.options)
  }
  $offers | Where-Object { $_[0] -like "$current*" } | ForEach-Object {
    $about = if ($_[1]) { $_[1] } else { $_[0] }
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $about)
  }
}
`
}

/** What an option takes: `null` for nothing, words, or which kind of thing. */
function valuesOf(values: Values): readonly string[] | string | null {
  if (values.kind === 'none') return null
  return values.kind === 'words' ? values.words : values.kind
}
