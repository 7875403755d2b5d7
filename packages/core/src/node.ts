export { keyFile, type KeyFileEvent, type KeyFileOptions, readKeyFile } from './keys/key-file.ts'
export { secretFile, type SecretFileOptions } from './keys/secret-file.ts'
export {
  googleCredentialsFile,
  type GoogleCredentialsFileOptions,
} from './vendors/google-service-account/credentials-file.ts'
export { type PublishedEvent, publishEvents } from './diagnostics-channel.ts'
