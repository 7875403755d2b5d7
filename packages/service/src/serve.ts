export { configureServe } from './serve/command.ts'
export { processEnvironment, type ServeOutput, type ServeWorld } from './serve/world.ts'
