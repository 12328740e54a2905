// An operation as a request to copy.
import { useState } from 'react'

import { CodeBlock } from '@/components/code-block'
import { Segmented } from '@/components/segmented'
import { Select } from '@/components/select'

import type { Operation } from './document'
import { bodiesOf, requestIn, type Language, type Reader } from './requests'

const LANGUAGES = [
  { value: 'curl', label: 'curl' },
  { value: 'python', label: 'Python' },
] as const

export function OperationRequest({ operation, reader }: { operation: Operation; reader: Reader }) {
  const examples = bodiesOf(operation).map(({ name }) => name)
  const [language, setLanguage] = useState<Language>('curl')
  const [example, setExample] = useState(examples[0])
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <Segmented label="Language" size="sm" options={LANGUAGES} value={language} onChange={setLanguage} />
        {examples.length > 1 && (
          <Select
            aria-label="Example"
            options={examples.map((name) => ({ value: name, label: name }))}
            value={example}
            onChange={({ target }) => setExample(target.value)}
          />
        )}
      </div>
      <CodeBlock
        label={language === 'curl' ? 'Shell command' : 'Python script, with httpx'}
        code={requestIn(language, operation, reader, example)}
      />
    </div>
  )
}
