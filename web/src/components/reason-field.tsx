import { Field } from './field'
import { TextInput } from './text-input'

const MAX_REASON_CHARS = 500

/** Why somebody changes something, in words: the field `reason` of a form. */
export function ReasonField({ hint }: { hint: string }) {
  return (
    <Field label="Reason" hint={hint}>
      {/* A blank reason is none. */}
      <TextInput
        name="reason"
        required
        maxLength={MAX_REASON_CHARS}
        pattern=".*\S.*"
        title="A reason in words."
        autoComplete="off"
      />
    </Field>
  )
}
