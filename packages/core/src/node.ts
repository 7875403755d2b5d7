export { keyFile, type KeyFileEvent, type KeyFileOptions, readKeyFile } from './keys/key-file.ts'
