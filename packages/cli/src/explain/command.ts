import { type Command, Option } from 'commander'
import type { AddCommand, CliContext } from '../context.ts'
import { ExitCode } from '../exit-code.ts'
import { addExamples } from '../program/mayfly-command.ts'
import { Page } from '../text/page.ts'
import { visibleJson } from '../text/visible.ts'
import { addVendorOptions } from '../vendors/command-options.ts'
import { VENDORS } from '../vendors/registry.ts'
import type { VendorCommand } from '../vendors/vendor.ts'
import type { Checklist, Step } from './checklist.ts'
import { type ExplainFlags, explain } from './explain.ts'

const GROUP = 'Explain:'

/** Adds `mayfly explain`, with a command for each vendor. */
export const addExplain: AddCommand = (program, context) => {
  const command = program
    .command('explain')
    .alias('doctor')
    .summary('find out why a vendor refuses a token')
    .description(
      'Finds out why a vendor refuses a token: looks at the key, the clock and the token, makes one request that changes nothing, and says what is wrong. Exit code 0: nothing is; 1: something is.',
    )
    .usage('<vendor> [options]')
    .helpCommand(false)
  for (const vendor of VENDORS) addVendor(command, vendor, context)
  addExamples(command, [
    [
      'why does App Store Connect say 401?',
      'mayfly explain app-store-connect --key-id 2X9R4HXF34 --issuer-id ISSUER --key AuthKey_2X9R4HXF34.p8',
    ],
  ])
}

function addVendor(parent: Command, vendor: VendorCommand, context: CliContext): void {
  const { name, title, group, example } = vendor
  const command = parent
    .command(name)
    .helpGroup(group)
    .summary(title)
    .description(`Finds out why a token is refused: ${title}.`)
  for (const [flags, description] of [
    ['--url <url>', 'what to ask for, instead of something harmless of the vendor’s'],
    ['--offline', 'make no request'],
    ['--json', 'print JSON'],
  ] as const) {
    command.addOption(new Option(flags, description).helpGroup(GROUP))
  }
  addVendorOptions(command, vendor)
  addExamples(command, [['find out', `mayfly explain ${name} ${example.replace(/ --cache$/, '')}`]])
  command.action(
    context.action<ExplainFlags>(async ({ options }) => {
      const list = await explain(vendor, { command, flags: options }, context)
      await context.print(
        options.json === true
          ? visibleJson({ vendor: name, good: list.isGood, steps: list.steps })
          : printList(title, list, context),
      )
      return list.isGood ? ExitCode.ok : ExitCode.refused
    }),
  )
}

const TITLES: Readonly<Record<Step['id'], string>> = {
  'key-file': 'file',
  key: 'key',
  options: 'options',
  token: 'token',
  rules: 'rules',
  clock: 'clock',
  request: 'request',
  again: 'again',
}

function printList(title: string, list: Checklist, context: CliContext): string {
  const page = new Page(context).heading(title)
  for (const { id, mark, found } of list.steps) page.point(mark, `${TITLES[id]}: ${found}`)
  const todo = list.steps.filter(({ mark }) => mark === 'bad' || mark === 'warning')
  const advice = new Set(todo.flatMap((step) => step.advice ?? []))
  if (list.isGood && advice.size === 0) {
    return page.heading('Nothing is wrong').prose('as far as can be seen from here', 'dim').text()
  }
  page.heading('What to do')
  for (const one of advice) page.prose(one)
  if (advice.size === 0) page.prose('See what is marked with ✗ above.')
  return page.text()
}
