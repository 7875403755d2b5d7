export { configureServe } from './serve/command.ts'
export { processWorld, type ServeOutput, type ServeWorld } from './serve/world.ts'
