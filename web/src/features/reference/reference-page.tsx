// Every operation of the API, from the documents that the services serve.
import { useEffect, useState } from 'react'
import { useLoaderData, useLocation } from 'react-router'

import { Card } from '@/components/card'
import { Page } from '@/components/page'
import { SearchInput } from '@/components/search-input'
import { TEXT_LINK, TextLink } from '@/components/text-link'
import { useSession } from '@/lib/session/store'

import { CodeText } from './code-text'
import { DOCUMENTS, matching, sectionsOf, type ApiDocument, type Section } from './document'
import { OperationItem } from './operation-item'
import type { Reader } from './requests'
import { useReader } from './use-reader'

const MAX_SEARCH_CHARS = 64

export function ReferencePage() {
  const documents = useLoaderData<ApiDocument[]>()
  const [words, setWords] = useState('')
  const { isKnown, ...reader } = useReader()
  const sections = matching(sectionsOf(documents), words)
  return (
    <Page title="API reference" description={<Introduction text={documents[0]?.info.description ?? ''} />}>
      <ReaderNote reader={reader} isKnown={isKnown} />
      <SearchInput
        label="Search operations"
        placeholder="Search operations"
        maxLength={MAX_SEARCH_CHARS}
        value={words}
        onSearch={setWords}
      />
      {sections.length === 0 && <p className="text-ink-soft">No operation matches.</p>}
      {sections.map((section) => (
        <SectionCard key={section.name} section={section} reader={reader} />
      ))}
    </Page>
  )
}

function ReaderNote({ reader, isKnown }: { reader: Reader; isKnown: boolean }) {
  const session = useSession()
  if (isKnown) {
    return (
      <p className="text-ink-soft">
        Requests name your tenant <code className="font-mono text-xs">{reader.tenant}</code>. Put a whole key
        where <code className="font-mono text-xs">{reader.key}</code> stands.
      </p>
    )
  }
  if (session.status !== 'signed-out') return null
  return (
    <p className="text-ink-soft">
      <TextLink to="/sign-in">Sign in</TextLink> to see your own tenant and key in the requests.
    </p>
  )
}

function Introduction({ text }: { text: string }) {
  return (
    <p>
      <CodeText text={text} /> The documents for machines:{' '}
      {DOCUMENTS.map((address, index) => (
        <span key={address}>
          {index > 0 && ', '}
          <a href={address} className={TEXT_LINK}>
            {address}
          </a>
        </span>
      ))}
      .
    </p>
  )
}

function SectionCard({ section: { name, operations }, reader }: { section: Section; reader: Reader }) {
  const linked = decodeURIComponent(useLocation().hash.slice(1))
  useEffect(() => {
    if (operations.some(({ id }) => id === linked)) document.getElementById(linked)?.scrollIntoView()
    // A search changes the operations, and must not move the page.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [linked])
  return (
    <Card flush title={name}>
      <div className="divide-y divide-line border-t border-line">
        {operations.map((operation) => (
          <OperationItem
            key={operation.id}
            operation={operation}
            reader={reader}
            open={operation.id === linked}
          />
        ))}
      </div>
    </Card>
  )
}
