import type { AiProviderIn, AiProviderOut } from '../../api'
import { keyFrom } from '../people/keys'

export type Kind = AiProviderOut['kind']
export const KINDS: Kind[] = ['openai', 'anthropic', 'google']

/** A provider as its form holds it: nothing is an empty text. */
export interface Draft {
  name: string
  kind: Kind
  model: string
  base_url: string
  api_key: string
  images: boolean
  price_input: string | number
  price_output: string | number
  currency: string
  timeout_seconds: string | number
  max_tokens: string | number
  answer_as: string
}

/** What a form begins with. The key is never told, so its field is empty. */
export function draftOf(now: AiProviderOut | null): Draft {
  return {
    name: now?.name ?? '',
    kind: now?.kind ?? 'openai',
    model: now?.model ?? '',
    base_url: now?.base_url ?? '',
    api_key: '',
    images: now?.images ?? true,
    price_input: now?.price_input ?? '',
    price_output: now?.price_output ?? '',
    currency: now?.currency ?? 'USD',
    timeout_seconds: now?.timeout_seconds ?? 60,
    max_tokens: now?.max_tokens ?? '',
    answer_as: now?.answer_as ?? 'auto',
  }
}

/** What is sent: a key that was not typed is left out, so that the stored one stays. */
export function toSend(draft: Draft): AiProviderIn {
  const { api_key: key, answer_as: how, ...rest } = draft
  const sent: AiProviderIn = {
    ...rest,
    name: draft.name.trim(),
    base_url: draft.base_url || null,
    price_input: numberOf(draft.price_input),
    price_output: numberOf(draft.price_output),
    max_tokens: numberOf(draft.max_tokens),
    timeout_seconds: numberOf(draft.timeout_seconds) ?? 60,
    answer_as: how === 'schema' || how === 'tool' || how === 'text' ? how : null,
  }
  return key ? { ...sent, api_key: key } : sent
}

function numberOf(value: string | number): number | null {
  return typeof value === 'number' ? value : null
}

export function kindOf(value: string | null): Kind {
  return KINDS.find((one) => one === value) ?? 'openai'
}

/** A key from the name that nobody has yet: the second "local" is "local_2". */
export function freeKey(name: string, taken: readonly string[]): string {
  const wanted = keyFrom(name).slice(0, 50) || 'provider'
  if (!taken.includes(wanted)) return wanted
  let number = 2
  while (taken.includes(`${wanted}_${number}`)) number += 1
  return `${wanted}_${number}`
}
