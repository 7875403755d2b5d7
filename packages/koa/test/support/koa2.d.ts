declare module 'koa2' {
  import Koa from 'koa'

  export = Koa
}
