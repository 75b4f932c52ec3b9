/** Words of the page on which somebody outside uploads a document. */
export const uploads = {
  title: 'Upload a document',
  asks: (organisation: string) => `${organisation} asks you for a document.`,
  wanted: (type: string) => `Wanted: ${type}`,
  choose: 'Choose a file',
  send: 'Upload',
  until: 'Please upload it by',
  notSent: 'The file was not uploaded',
  thanks: 'Thank you',
  thanksAbout: 'The document has arrived. You can close this page.',
  gone: 'The link is over',
  unknown: 'This link leads nowhere',
}
