import { homepage, moveTo } from './release/repository.ts'

// Writes where the project lives into every package and its pages: pnpm repository https://…/OWNER/NAME

const [, , home = homepage()] = process.argv
if (!/^https:\/\/[^\s/]+\/\S*[^\s/]$/.test(home)) {
  throw new Error('Give the address of the repository, without a slash at its end.')
}
moveTo(home)
console.log(`The project lives at ${home}.`)
