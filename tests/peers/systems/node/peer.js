// A RIS and a platform on simple-hl7: its parser, its message, its TCP server and client.
'use strict'

const fs = require('fs')
const path = require('path')
const readline = require('readline')
const crypto = require('crypto')
const hl7 = require('simple-hl7')

const FORMS = path.join(__dirname, '..', 'templates')
const VT = '\x0b'
const FS_CR = '\x1c\r'
const LATE = 1400 // milliseconds
const parser = new hl7.Parser({ segmentSeperator: '\r' })
const series = crypto.randomInt(1000000)
let count = 0

const newId = () => `NODE${series}-${++count}`
const newUid = () => '2.25.' + BigInt('0x' + crypto.randomBytes(12).toString('hex'))

function now (minutes = 0) {
  const at = new Date(Date.now() + minutes * 60000)
  const two = number => String(number).padStart(2, '0')
  const zone = -at.getTimezoneOffset()
  return at.getFullYear() + [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()]
    .map(two).join('') + (zone < 0 ? '-' : '+') + two(Math.abs(zone) / 60 | 0) + two(Math.abs(zone) % 60)
}

function filled (text, values) {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name) => values[name])
}

const fill = (form, values) =>
  filled(fs.readFileSync(path.join(FORMS, form), 'utf8'), values).replace(/\n/g, '\r')

function fillDocument (file, values) {
  const safe = {}
  for (const name in values) safe[name] = values[name].replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
  return filled(fs.readFileSync(file, 'utf8'), safe)
}

// -- reading with simple-hl7 ------------------------------------------------------------------

const segment = (message, name) => name === 'MSH' ? message.header : message.getSegment(name)

// PID-3[2].4.2: MSH counts from its third field in simple-hl7
function value (message, place) {
  const [, name, number, repeat, component, part] = /^(\w+)-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?$/.exec(place)
  const found = segment(message, name)
  if (!found) return ''
  const field = found.getField(Number(number) - (name === 'MSH' ? 2 : 0))
  const one = field.split('~')[Number(repeat || 1) - 1] || ''
  const inner = one.split('^')[Number(component || 1) - 1] || ''
  return part || component ? inner.split('&')[Number(part || 1) - 1] || '' : inner
}

const whole = (message, name) => segment(message, name).toString(message.header.delimiters)

// -- what can be wrong ------------------------------------------------------------------------

const MESSAGES = {
  'no-sex': ['A', text => text.replace(/\|M\|\|\|186/, '||||186')],
  'order-number-missing': ['A', text => text.replace(/^(ORC\|NW\|)[^|]*/m, '$1')],
  'unknown-version': ['A', text => text.replace('|T|2.5.1|', '|T|2.9|')],
  'study-uid-of-nobody': ['D', text => text.replace(/ZDS\|[\d.]*/, 'ZDS|2.25.x')],
  'birth-name-changed-in-c': ['C', text => text.replace(/(PID\|\|\|[^|]*\|\|)[^^]*/, '$1AUTRENOM')],
  'wrong-event-in-e': ['E', text => text.replace('ORU^R01^ORU_R01', 'ORU^W01^ORU_W01')],
  'no-sender-of-document': ['E', text => text.replace(/PRT\|[^\r]*\r/, '')]
}
const DOCUMENTS = {
  'other-patient-in-report': text => text.replace(/(<patientRole>\s*<id root="[^"]*" extension=")\d*/, '$1279035121518989'),
  'no-legal-authenticator': text => text.replace(/\s*<legalAuthenticator>[\s\S]*<\/legalAuthenticator>/, ''),
  'report-not-xml': text => text.replace('</ClinicalDocument>', '')
}
const ANSWERS = { // what leaves for an acknowledgement: text, milliseconds to wait, null to close
  'ack-never': () => [],
  'ack-late': ack => [LATE, ack],
  'ack-twice': ack => [ack, ack],
  'ack-of-another': ack => [ack.replace(/(MSA\|\w+\|)[^|\r\x1c]*/, '$1AUTRE-7')],
  'ack-as-orm': ack => [ack.replace(/ACK\^\w+\^ACK/, 'ORM^O01^ORM_O01')],
  'closes-before-ack': () => [null],
  'closes-after-each': ack => [ack, null]
}
const DEEDS = ['always-accepts', 'lf-after-block']

// -- the system -------------------------------------------------------------------------------

class System {
  constructor (role, request, defect) {
    Object.assign(this, { role, request, defect, waiting: {}, came: {} })
  }

  wait (flow) {
    if (this.came[flow]) return Promise.resolve(this.came[flow])
    return new Promise(resolve => { this.waiting[flow] = resolve })
  }

  take (message) {
    const kind = value(message, 'MSH-9.1')
    const flow = this.role === 'ris'
      ? (kind === 'ORM' ? 'C' : 'E')
      : kind === 'ORU' ? 'B' : segment(message, 'ZDS') ? 'D' : 'A'
    this.came[flow] = message
    if (this.waiting[flow]) this.waiting[flow](message)
  }

  wrong (asked) {
    return this.defect === 'always-accepts' ? [] : refused(asked)
  }

  acknowledgement (asked) {
    const wrong = this.wrong(asked)
    const [type, event] = [value(asked, 'MSH-9.1'), value(asked, 'MSH-9.2')]
    const ack = new hl7.Message(
      value(asked, 'MSH-5'), value(asked, 'MSH-6'), value(asked, 'MSH-3'), value(asked, 'MSH-4'),
      now(), '', ['ACK', event, 'ACK'], newId(), 'T', value(asked, 'MSH-12'),
      '', '', '', '', 'FRA', 'UNICODE UTF-8')
    if (type === '') return ack
    ack.addSegment('MSA', wrong.length ? 'AE' : 'AA', value(asked, 'MSH-10'))
    for (const [place, code, words] of wrong) {
      ack.addSegment('ERR', '', place, code, 'E', '', '', '', words)
    }
    return ack
  }

  serve (ready) {
    const server = hl7.Server.createTcpServer((error, req, res) => {
      if (error) return
      res.ack = this.acknowledgement(req.msg)
      if (!ANSWERS[this.defect]) res.end()
      else this.answer(res.socket, VT + res.ack.toString() + FS_CR)
      if (!this.wrong(req.msg).length) this.take(req.msg)
    })
    server.start(0)
    server.server.on('listening', () => ready(server.server.address().port))
  }

  async answer (socket, block) {
    for (const part of ANSWERS[this.defect](block)) {
      if (part === null) return socket.end()
      if (typeof part === 'number') await new Promise(resolve => setTimeout(resolve, part))
      else socket.write(part)
    }
  }

  // Over one connection; gives the code of the answer.
  send (flow, text) {
    if (!this.client) {
      this.client = hl7.Server.createTcpClient({ host: this.peer[0], port: this.peer[1], keepalive: true })
    }
    const [where, spoil] = MESSAGES[this.defect] || ['', text => text]
    const written = parser.parse(text).toString()
    const leaving = { toString: () => (where === flow ? spoil(written) : written) + '\r' }
    return new Promise((resolve, reject) => {
      this.client.send(leaving, (error, ack) => error ? reject(error) : resolve(value(ack, 'MSA-1')))
      if (this.defect === 'lf-after-block' && flow === 'A') {
        this.client.client.once('connect', () => setImmediate(() => this.client.client.write('\n\n')))
      }
    })
  }

  async ris () {
    const base = { order: 'RQ' + newId(), number: newId(), study: newUid() }
    const first = { ...base, id: newId(), now: now() }
    if (await this.send('A', fill('A.hl7', first)) !== 'AA') return
    if (this.request) {
      const about = { ...base, id: newId(), now: now(), document_id: newUid(), set: newUid() }
      about.document = Buffer.from(fillDocument(this.request, about)).toString('base64')
      await this.send('B', fill('B.hl7', about))
    }
    const protocol = await this.wait('C')
    const done = { ...base, id: newId(), now: now(), start: now(-20), end: now(-5) }
    done.act = protocol.getSegment('OBR').getField(4)
    await this.send('D', fill('D.hl7', done))
  }

  async platform () {
    const asked = await this.wait('A')
    await this.send('C', fill('C.hl7', learned(asked)))
    const examined = await this.wait('D')
    const values = learned(examined)
    const spoil = DOCUMENTS[this.defect] || (text => text)
    const document = spoil(fillDocument(path.join(FORMS, 'report.xml'), reportValues(examined)))
    values.document = Buffer.from(document).toString('base64')
    await this.send('E', fill('E.hl7', values))
  }
}

function refused (asked) {
  const found = []
  if (!segment(asked, 'PID')) found.push(['PID^1', '100^Segment sequence error^messageErrorCondition', 'PID absent'])
  else if (!rightKey(value(asked, 'PID-3.1'))) found.push(['PID^1^3^1^1', '102^Data type error^messageErrorCondition', 'clé INS fausse'])
  if (value(asked, 'MSH-9.1') === 'ORU' && !/^[\w+/]+={0,2}$/.test(value(asked, 'OBX-5.5'))) {
    found.push(['OBX^1^5^1^5', '102^Data type error^messageErrorCondition', 'base64'])
  }
  return found
}

function rightKey (ins) {
  return /^\d{15}$/.test(ins) && 97n - BigInt(ins.slice(0, 13)) % 97n === BigInt(ins.slice(13))
}

// What C and E take over from A and D.
const learned = message => ({
  from: `${value(message, 'MSH-5')}|${value(message, 'MSH-6')}`,
  to: `${value(message, 'MSH-3')}|${value(message, 'MSH-4')}`,
  id: newId(),
  now: now(),
  PID: whole(message, 'PID'),
  PV1: whole(message, 'PV1'),
  placer: segment(message, 'ORC').getField(2),
  act: segment(message, 'OBR').getField(4)
})

const PLACES = {
  ins: 'PID-3.1', ins_oid: 'PID-3.4.2', ipp: 'PID-3[2].1', ipp_oid: 'PID-3[2].4.2',
  birth_name: 'PID-5.1', given_names: 'PID-5.3', birth_date: 'PID-7', sex: 'PID-8',
  street: 'PID-11.1', postal_code: 'PID-11.5', city: 'PID-11.3',
  birth_place: 'PID-11[2].9', birth_city: 'PID-11[2].3', order: 'ORC-2.1', order_oid: 'ORC-2.3',
  accession: 'OBR-18', accession_oid: 'OBR-19', exam_start: 'OBR-7', exam_end: 'OBR-8',
  requester: 'ORC-12.1', requester_family: 'ORC-12.2', requester_given: 'ORC-12.3',
  responsible: 'PV1-7.1', responsible_family: 'PV1-7.2', responsible_given: 'PV1-7.3',
  site: 'ORC-21.10', site_name: 'ORC-21.1', visit: 'PV1-19.1', visit_oid: 'PV1-19.4.2',
  visit_start: 'PV1-44', study: 'ZDS-1.1'
}

function reportValues (examined) {
  const values = {}
  for (const name in PLACES) values[name] = value(examined, PLACES[name])
  values.given_name = values.given_names.split(' ')[0]
  values.sex_label = { M: 'Masculin', F: 'Féminin' }[values.sex]
  values.signed = [now(), values.exam_end].sort().pop()
  values.finess = values.site.replace(/^1/, '')
  return { ...values, document: newUid(), set: newUid() }
}

function main () {
  const [role, ...more] = process.argv.slice(2)
  const option = name => more.includes(name) ? more[more.indexOf(name) + 1] : ''
  const defect = option('--defect')
  if (defect && ![MESSAGES, DOCUMENTS, ANSWERS].some(known => defect in known) && !DEEDS.includes(defect)) {
    throw new Error(`no defect ${defect}`)
  }
  const system = new System(role, option('--request'), defect)
  system.serve(port => console.log(`listening 127.0.0.1:${port}`))
  const lines = readline.createInterface({ input: process.stdin })
  lines.once('line', line => {
    system.peer = line.split(':')
    system[role]().catch(error => console.error(error.message))
  })
  lines.on('close', () => process.exit(0))
}

main()
