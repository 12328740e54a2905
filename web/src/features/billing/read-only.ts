import { createContext } from 'react'

/** True where the reader sees the billing of others, and should not be asked to pay. */
export const ReadOnly = createContext(false)
