/** What a PDF template may begin with: whole pages to be changed, not explained. */
export type Sample = 'empty' | 'invoice' | 'letter' | 'certificate'

const INVOICE = `<table class="plain"><tr><td><img src="logo" width="140"></td>
<td align="right"><b>{{ organisation.name }}</b><br>{{ organisation.address }}<br>{{ organisation.postal_code }} {{ organisation.city }}</td></tr></table>
<h1>Invoice {{ record.id }}</h1>
<p>{{ today | date: "%d.%m.%Y" }}</p>
<table>
<thead><tr><th>What</th><th class="number">Amount</th></tr></thead>
<tbody>{% comment %} Take these two lines of comment away, and write the names that your module has.
{% for line in record.lines %}<tr><td>{{ line.name }}</td><td class="number">{{ line.amount | money }}</td></tr>{% endfor %}
{% endcomment %}</tbody>
</table>
<p>Thank you for your business.</p>`

const LETTER = `<p><img src="logo" width="140"></p>
<p>{{ organisation.name }}, {{ organisation.address }}, {{ organisation.postal_code }} {{ organisation.city }}</p>
<p align="right">{{ organisation.city }}, {{ today | date: "%d.%m.%Y" }}</p>
<h2>About record {{ record.id }}</h2>
<p>Dear Sir or Madam,</p>
<p>write here.</p>
<p>Kind regards<br>{{ organisation.name }}</p>`

const CERTIFICATE = `<style>
.certificate { text-align: center; border: 1.2mm double #57606a; padding: 18mm 12mm; margin-top: 8mm }
.certificate h1 { font-size: 34pt; letter-spacing: 1mm } .certificate .who { font-size: 24pt; margin: 10mm 0 }
</style>
<div class="certificate">
<p><img src="logo" width="160"></p>
<h1>Certificate</h1>
<p>This is to certify that</p>
<p class="who">{{ record.id }}</p>
<p>has completed the course.</p>
<p>{{ organisation.name }}, {{ today | date: "%d.%m.%Y" }}</p>
</div>`

const page = { size: 'A4', landscape: false, top: 25, bottom: 20, sides: 20, page_numbers: true } as const

export const samples = {
  empty: { html: '', footer: null, page },
  invoice: { html: INVOICE, footer: '<p>{{ organisation.name }} · {{ organisation.tax_id }}</p>', page },
  letter: { html: LETTER, footer: null, page: { ...page, page_numbers: false } },
  certificate: {
    html: CERTIFICATE,
    footer: null,
    page: { ...page, landscape: true, top: 12, bottom: 12, page_numbers: false },
  },
} satisfies Record<Sample, object>
