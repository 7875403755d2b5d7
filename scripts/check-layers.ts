import { judgeCore, readCore } from './layers/core.ts'
import { judgePackages } from './layers/packages.ts'
import * as rules from './layers/rules.ts'
import { repositoryRoot } from './lib/files.ts'
import { report } from './lib/report.ts'

report('layers', judgeCore(readCore(repositoryRoot), rules.core))
report('packages', judgePackages(repositoryRoot, rules.packages))
