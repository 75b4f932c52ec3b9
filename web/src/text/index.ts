/**
 * Every word that people read is in this folder: the words of one area in one file, which its pages import,
 * and here what all of them share. A translation is a file with an object of the same shape.
 */
import { common, frame, session } from './frame'

export const t = { common, frame, session }
export { format, plural, setFormats } from './format'
