// One operation: its callers, a request, its parameters, its body and its responses.
import type { ReactNode } from 'react'

import { TEXT_LINK } from '@/components/text-link'

import { CodeText } from './code-text'
import { Disclosure } from './disclosure'
import { resolved, type Content, type Operation, type Parameter } from './document'
import { OperationRequest } from './operation-request'
import type { Reader } from './requests'
import { Field, SchemaFields } from './schema-fields'

type OperationProps = { operation: Operation; reader: Reader; open: boolean }

export function OperationItem({ operation, reader, open }: OperationProps) {
  const { id, method, path, summary } = operation
  return (
    <Disclosure
      id={id}
      open={open}
      className="scroll-mt-4 px-4 py-3 sm:px-5"
      summary={
        <h3 className="min-w-0 flex-1">
          <span className="block font-medium text-ink">{summary}</span>
          <code className="font-mono text-xs wrap-anywhere text-ink-soft">
            {method} {path}
          </code>
        </h3>
      }
    >
      <Details operation={operation} reader={reader} />
    </Disclosure>
  )
}

function Details({ operation, reader }: { operation: Operation; reader: Reader }) {
  const { id, description, parameters, requestBody, components } = operation
  return (
    <div className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-5 lg:grid-cols-2">
      <div className="grid min-w-0 content-start gap-4">
        <p className="text-ink-soft">
          <CodeText text={description ?? 'For everybody; no key is needed.'} />{' '}
          <a href={`#${id}`} className={TEXT_LINK}>
            Link
          </a>
        </p>
        {parameters.length > 0 && <Parameters parameters={parameters} components={components} />}
        {requestBody && (
          <Part title="Body">
            <p className="text-ink-soft">
              <CodeText text={requestBody.description} />
            </p>
            <Contents content={requestBody.content} components={components} />
          </Part>
        )}
      </div>
      <div className="grid min-w-0 content-start gap-4">
        <OperationRequest operation={operation} reader={reader} />
        <Responses operation={operation} />
      </div>
    </div>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="min-w-0">
      <h4 className="text-sm font-semibold text-ink">{title}</h4>
      {children}
    </section>
  )
}

type Components = Operation['components']

function Parameters({ parameters, components }: { parameters: Parameter[]; components: Components }) {
  return (
    <Part title="Parameters">
      <dl className="divide-y divide-line">
        {parameters.map(({ name, required, schema, in: place }) => (
          <Field
            key={`${place} ${name}`}
            name={place === 'header' ? `${name} (header)` : name}
            schema={schema}
            isRequired={required}
            components={components}
          />
        ))}
      </dl>
    </Part>
  )
}

function Contents({ content, components }: { content: Content; components: Components }) {
  const types = Object.entries(content)
  return types.map(([type, { schema }]) => (
    <div key={type} className="mt-2 min-w-0">
      {types.length > 1 && <p className="font-mono text-xs text-ink-faint">{type}</p>}
      <SchemaFields schema={schema} components={components} />
    </div>
  ))
}

function Responses({ operation: { responses, components } }: { operation: Operation }) {
  return (
    <Part title="Responses">
      <ul className="divide-y divide-line">
        {Object.entries(responses).map(([status, given]) => {
          const { description = '', content } = resolved(given, components)
          const line = (
            <span className="min-w-0 text-ink-soft">
              <code className="font-mono text-xs font-semibold text-ink">{status}</code>{' '}
              <CodeText text={description} />
            </span>
          )
          return (
            <li key={status} className="py-2">
              {content ? (
                <Disclosure summary={line}>
                  <Contents content={content} components={components} />
                </Disclosure>
              ) : (
                line
              )}
            </li>
          )
        })}
      </ul>
    </Part>
  )
}
