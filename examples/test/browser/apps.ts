import { text } from 'node:stream/consumers'
import koaCors from '@koa/cors'
import { Router } from '@koa/router'
import { corsOriginCheck } from '@mayfly/core'
import * as onExpress from '@mayfly/express'
import * as onKoa from '@mayfly/koa'
import cors from 'cors'
import express from 'express'
import Koa from 'koa'
import type { CreateApp } from './api.ts'

const createExpressApp: CreateApp = (parts) => {
  const { issuer, verifier, pages, decide, publicOrigin, routes } = parts
  const origin = corsOriginCheck(pages)
  const app = express().disable('x-powered-by')
  app.use(cors({ origin, credentials: true, exposedHeaders: ['www-authenticate'] }))
  app.use(express.urlencoded())
  app.use(
    '/token',
    onExpress.issueToken(issuer, (request) => decide(request.get('origin') ?? '')),
  )
  for (const { path, verifier: judge, tokenFrom, handle } of routes) {
    const authenticate = onExpress.bearerAuth(judge, { tokenFrom, publicOrigin })
    app.all(path, authenticate, (request, response) => handle(request, response, request.auth))
  }
  return {
    answer: app,
    upgrade: (options) => onExpress.upgradeAuth(verifier, { publicOrigin, ...options }),
  }
}

const createKoaApp: CreateApp = (parts) => {
  const { issuer, verifier, pages, decide, publicOrigin, routes } = parts
  const origin = corsOriginCheck(pages)
  const router = new Router()
  router.all(
    '/token',
    onKoa.issueToken(issuer, (ctx) => decide(ctx.get('origin'))),
  )
  for (const { path, verifier: judge, tokenFrom, handle } of routes) {
    router.all(path, onKoa.bearerAuth(judge, { tokenFrom, publicOrigin }), (ctx) => {
      ctx.respond = false
      handle(ctx.req, ctx.res, ctx.state.auth)
    })
  }
  const app = new Koa()
    .use(koaCors({ origin, credentials: true, exposeHeaders: ['www-authenticate'] }))
    .use(async (ctx, next) => {
      const isForm = ctx.is('urlencoded') === 'urlencoded'
      if (isForm) {
        const body = Object.fromEntries(new URLSearchParams(await text(ctx.req)))
        Object.assign(ctx.request, { body })
      }
      await next()
    })
    .use(router.routes())
  return {
    answer: app.callback(),
    upgrade: (options) => onKoa.upgradeAuth(verifier, { publicOrigin, ...options }),
  }
}

/** The same API on each framework. */
export const APPS: readonly (readonly [name: string, create: CreateApp])[] = [
  ['Express', createExpressApp],
  ['Koa', createKoaApp],
]
