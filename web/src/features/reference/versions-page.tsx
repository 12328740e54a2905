// How the API changes, and what callers may rely on.
import { Card } from '@/components/card'
import { Page } from '@/components/page'

import { CodeText } from './code-text'

const RULES = [
  {
    title: 'The version is in the path',
    lines: [
      'Agents call `/v1`, everything else is below `/api/v1`. Both are version 1. There is no version header.',
    ],
  },
  {
    title: 'What is added within a version',
    lines: [
      'Operations, optional parameters and optional fields of a body.',
      'Fields and headers of a response, and values of a field that lists its values, such as `status` or `code`.',
      'Read the fields that you know, ignore the others, and treat a value that you do not know as you would treat none.',
    ],
  },
  {
    title: 'What stays within a version',
    lines: [
      'The name, the type and the meaning of each field; the defaults of parameters.',
      'The status and the `code` of each problem. Its `detail` is for people, and its words may change.',
      'Money is a decimal string in USD, an instant is ISO 8601 in UTC, and an event with the same `id` counts once.',
      'Ids and cursors are opaque. Their form and length may change.',
    ],
  },
  {
    title: 'What needs a new version',
    lines: [
      'A change that can break a caller gets a path of its own, such as `/v2`. Version 1 stays beside it for at least twelve months.',
      'The decisions of the project name what is kept, and its tests hold it.',
    ],
  },
] as const

export function VersionsPage() {
  return (
    <Page title="Versions of the API" description="What may change, and what your code can rely on.">
      {RULES.map(({ title, lines }) => (
        <Card key={title} title={title}>
          <ul className="grid list-disc gap-1 ps-5 text-ink-soft">
            {lines.map((line) => (
              <li key={line}>
                <CodeText text={line} />
              </li>
            ))}
          </ul>
        </Card>
      ))}
    </Page>
  )
}
