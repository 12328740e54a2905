import './styles.css'

import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router'

import { router } from '@/app/router'
import { applyStoredTheme } from '@/components/theme'
import { newQueryClient } from '@/lib/api/query-client'
import { startSession } from '@/lib/session/session'

applyStoredTheme()
void startSession()

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={newQueryClient()}>
      {/* In a transition, a filter that is chosen right after another one would be added to the older address. */}
      <RouterProvider router={router} useTransitions={false} />
    </QueryClientProvider>
  </StrictMode>,
)
