export { keyFile, type KeyFileEvent, type KeyFileOptions, readKeyFile } from './keys/key-file.ts'
export { type PublishedEvent, publishEvents } from './diagnostics-channel.ts'
