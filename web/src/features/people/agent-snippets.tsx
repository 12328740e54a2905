// How an agent sends its usage: with the Python client, or with curl. Each works as it is copied.
import { useState } from 'react'

import { CodeBlock } from '@/components/code-block'
import { Segmented } from '@/components/segmented'

import { curlSnippet, installSnippet, pythonSnippet } from './snippets'

export const NO_KEY = 'YOUR_KEY'

const LANGUAGES = [
  { value: 'python', label: 'Python' },
  { value: 'curl', label: 'curl' },
] as const

export function AgentSnippets({ apiKey }: { apiKey: string }) {
  const [language, setLanguage] = useState<'python' | 'curl'>('python')
  const { origin } = window.location
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] justify-items-start gap-2">
      <Segmented label="Language" size="sm" options={LANGUAGES} value={language} onChange={setLanguage} />
      <div className="grid w-full min-w-0 grid-cols-[minmax(0,1fr)] gap-2">
        {language === 'curl' ? (
          <CodeBlock label="Shell command" code={curlSnippet(origin, apiKey)} />
        ) : (
          <>
            <CodeBlock label="Install the client" code={installSnippet(origin)} />
            <CodeBlock label="Python script" code={pythonSnippet(origin, apiKey)} />
          </>
        )}
      </div>
    </div>
  )
}
