// The fields of a schema, and of what it holds.
import { CodeText } from './code-text'
import { Disclosure } from './disclosure'
import type { Operation, Schema } from './document'
import { limitTexts, objectsIn, typeText, type ObjectSchema } from './schema-text'

type Components = Operation['components']

/** The fields of `schema`, or of each object that it may be. */
export function SchemaFields({ schema, components }: { schema: Schema; components: Components }) {
  const objects = objectsIn(schema, components)
  const [only] = objects
  if (only === undefined)
    return <p className="font-mono text-xs text-ink-soft">{typeText(schema, components)}</p>
  if (objects.length === 1) return <ObjectFields object={only} components={components} />
  return <Objects objects={objects} components={components} />
}

function ObjectFields({ object, components }: { object: ObjectSchema; components: Components }) {
  return (
    <dl className="divide-y divide-line">
      {Object.entries(object.properties).map(([name, schema]) => (
        <Field
          key={name}
          name={name}
          schema={schema}
          isRequired={object.required?.includes(name) ?? false}
          components={components}
        />
      ))}
    </dl>
  )
}

type FieldProps = { name: string; schema: Schema; isRequired: boolean; components: Components }

export function Field({ name, schema, isRequired, components }: FieldProps) {
  const objects = objectsIn(schema, components)
  const limits = limitTexts(schema)
  return (
    <div className="py-2">
      <dt className="flex flex-wrap items-baseline gap-x-2">
        <code className="font-mono text-xs font-semibold wrap-anywhere text-ink">{name}</code>
        <span className="text-xs wrap-anywhere text-ink-faint">{typeText(schema, components)}</span>
        {isRequired && <span className="text-xs font-medium text-warn-text">required</span>}
      </dt>
      <dd className="mt-0.5 text-ink-soft">
        {schema.description !== undefined && (
          <p>
            <CodeText text={schema.description} />
          </p>
        )}
        {limits.length > 0 && (
          <p className="text-xs wrap-anywhere text-ink-faint">
            <CodeText text={limits.join(' · ')} />
          </p>
        )}
        <Objects objects={objects} components={components} />
      </dd>
    </div>
  )
}

function Objects({ objects, components }: { objects: ObjectSchema[]; components: Components }) {
  return objects.map((object, index) => (
    <Disclosure
      key={index}
      className="mt-1"
      summary={<span className="text-xs font-medium text-accent-text">Fields of {object.title ?? 'it'}</span>}
    >
      <div className="ms-2 border-s border-line ps-3">
        <ObjectFields object={object} components={components} />
      </div>
    </Disclosure>
  ))
}
