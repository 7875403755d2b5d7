import express from 'express'
import express4 from 'express4'

/** Both versions that the adapter is for, under the types of the newer one. */
export const frameworks: readonly (readonly [name: string, framework: typeof express])[] = [
  ['Express 5', express],
  ['Express 4', express4],
]
