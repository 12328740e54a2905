import { describe, expect, it } from 'vitest'

import type { Sum } from '@/lib/cost'
import { usageOf } from '@/testing/usage'

import { linksOf } from './chart-links'
import { chartOf, type Point } from './chart-rows'
import { questionIn } from './explain-filters'

const known = (value: bigint): Sum => ({ value, status: 'complete' })
const PERIOD = { tenant_id: 'acme', period_start: '2026-11-20T06:00:00Z', period_end: '2026-11-22T18:00:00Z' }
const usage = usageOf()
const shown = { usage: { ...usage, aggregate: { ...usage.aggregate, ...PERIOD } }, isCut: false }
const DAYS = ['2026-11-20', '2026-11-21', '2026-11-22']

function pointsOf(group: string | null, name?: string): Point[] {
  return DAYS.map((label) => ({
    label,
    start: `${label}T00:00:00Z`,
    group,
    ...(name === undefined ? {} : { name }),
    sum: known(5n),
  }))
}

const asked = (path: string | undefined) =>
  path === undefined ? undefined : questionIn(new URL(path, 'http://localhost').searchParams)

describe('a step of a chart', () => {
  const chart = chartOf(pointsOf(null))
  const [first, second, third] = chart.steps

  it('leads to the events between it and the next, within the period', () => {
    const links = linksOf(chart, { ...shown, group: 'none' })
    expect([first, second, third].map((step) => asked(step && links.ofStep(step)))).toEqual([
      { from: '2026-11-20T06:00:00.000Z', to: '2026-11-21T00:00:00.000Z' },
      { from: '2026-11-21T00:00:00.000Z', to: '2026-11-22T00:00:00.000Z' },
      { from: '2026-11-22T00:00:00.000Z', to: '2026-11-22T18:00:00.000Z' },
    ])
  })

  it('of names counts the whole days of UTC', () => {
    const byUser = chartOf(pointsOf('ada', 'ada'))
    const links = linksOf(byUser, { ...shown, group: 'user' })
    const [from, , to] = byUser.steps
    expect(asked(from && links.ofStep(from, byUser.layers[0]))).toEqual({
      from: '2026-11-20T00:00:00.000Z',
      to: '2026-11-21T00:00:00.000Z',
      user_id: 'ada',
    })
    expect(asked(to && links.ofStep(to))?.to).toBe('2026-11-23T00:00:00.000Z')
  })
})

describe('a name of a chart', () => {
  const pathOf = (group: 'model' | 'key' | 'tag:team', points: Point[]) => {
    const chart = chartOf(points)
    return chart.layers.map((layer) => linksOf(chart, { ...shown, group }).ofLayer(layer))
  }

  it('leads to its events, by the name of the API', () => {
    const [key] = pathOf('key', pointsOf('Agents', 'f00'))
    expect(asked(key)).toMatchObject({ api_key: 'f00' })
    const [tag] = pathOf('tag:team', pointsOf('a:b', 'a:b'))
    expect(asked(tag)).toMatchObject({ tag: 'team:a:b' })
    const [model] = pathOf('model', pointsOf('gpt', 'gpt'))
    expect(asked(model)).toEqual({
      from: '2026-11-20T06:00:00.000Z',
      to: '2026-11-22T18:00:00.000Z',
      model: 'gpt',
    })
  })

  it('leads nowhere where it stands for several, or for what was merged', () => {
    expect(pathOf('key', [...pointsOf('Agents', 'f00'), ...pointsOf('Agents', 'f11')])).toEqual([undefined])
    expect(pathOf('key', pointsOf('The rest'))).toEqual([undefined])
    expect(pathOf('model', pointsOf('other', 'other'))).toEqual([undefined])
  })
})
