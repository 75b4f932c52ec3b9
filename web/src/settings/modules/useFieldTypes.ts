import { useQuery } from '@tanstack/react-query'
import { type FieldTypeOut, getCatalogueOptions } from '../../api'

/** The types that a field may have, as the server lists them. */
export function useFieldTypes(): FieldTypeOut[] {
  return useQuery({ ...getCatalogueOptions(), staleTime: Number.POSITIVE_INFINITY }).data?.field_types ?? []
}
