/** The longest key id, in characters: ids are compared and kept, and some come from the wire. */
export const MAX_KEY_ID = 1024
