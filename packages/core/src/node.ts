export {
  keyFile,
  type KeyFileEvent,
  type KeyFileOptions,
  readKeyFile,
  secretFile,
  type SecretFileOptions,
} from './node/key-file.ts'
export {
  googleCredentialsFile,
  type GoogleCredentialsFileOptions,
} from './node/google-credentials-file.ts'
export { type PublishedEvent, publishEvents } from './node/diagnostics-channel.ts'
export {
  type BearerInterceptor,
  bearerInterceptor,
  type BearerInterceptorOptions,
  type Dispatch,
} from './node/bearer-interceptor.ts'
