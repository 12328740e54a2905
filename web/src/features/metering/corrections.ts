// What became of an event, in words.
import type { Tone } from '@/components/tone'
import type { UsageEvent } from '@/lib/api/types'

type State = NonNullable<UsageEvent['correction']>['state']

export const STATES: Record<State, { label: string; tone: Tone; text: string }> = {
  voided: { label: 'Void', tone: 'warn', text: 'This event is void: it does not count' },
  unvoided: { label: 'Corrected', tone: 'neutral', text: 'This event was void and counts again' },
  amended: { label: 'Replaced', tone: 'warn', text: 'This event was replaced: it does not count' },
  amendment: { label: 'Amendment', tone: 'info', text: 'This event replaces another' },
  rerated: { label: 'Rated again', tone: 'info', text: 'The cost of this event was computed again' },
}

/** Return false for an event that no longer counts. */
export function stands({ correction }: UsageEvent): boolean {
  return correction?.state !== 'voided' && correction?.state !== 'amended'
}

export type Action = 'void' | 'unvoid' | 'amend'
export type ActionTexts = { label: string; title: string; description: string; done: string }

export const ACTION_TEXTS: Record<Action, ActionTexts> = {
  void: {
    label: 'Void event',
    title: 'Void this event?',
    description:
      'It no longer counts towards usage, budgets and its run. It stays in the list, struck through.',
    done: 'Event voided',
  },
  unvoid: {
    label: 'Take back the void',
    title: 'Count this event again?',
    description: 'It counts as it did before it was voided.',
    done: 'Event counts again',
  },
  amend: {
    label: 'Amend event',
    title: 'Amend this event',
    description:
      'A new event replaces it, at the same time. This cannot be taken back; the new event can be amended again.',
    done: 'Event amended',
  },
}
