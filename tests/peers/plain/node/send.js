// A sender on a Node library: simple-hl7|node-hl7-client PORT ASKED TOLD SECONDS MESSAGE (see ../README.md)
'use strict'

const fs = require('fs')
const path = require('path')

const [library, port, asked, told, seconds, file] = process.argv.slice(2)
const text = fs.readFileSync(file, 'utf8')
let count = 0

class SimpleHl7 {
  send (raw, answered) {
    const hl7 = require('simple-hl7')
    this.client = this.client || hl7.Server.createTcpClient({ host: '127.0.0.1', port: Number(port), keepalive: true })
    const message = new hl7.Parser({ segmentSeperator: '\r' }).parse(raw)
    this.client.send(message, (error, ack) => {
      if (error) return answered(null)
      const msa = ack.getSegment('MSA')
      answered(msa && [String(msa.getField(1)), String(msa.getField(2))])
    })
  }

  close () {
    if (this.client) this.client.close()
    this.client = null
  }
}

class NodeHl7Client {
  send (raw, answered) {
    this.answered = answered
    const { Message } = require('node-hl7-client')
    if (this.outbound) return this.outbound.sendMessage(new Message({ text: raw }))
    const Client = require('node-hl7-client').default
    const client = new Client({ host: '127.0.0.1' })
    const options = { port: Number(port), retryLow: 20, retryHigh: 200, maxConnectionAttempts: 50 }
    this.outbound = client.createConnection(options, async response => {
      const message = response.getMessage()
      this.answered([message.get('MSA.1').toString(), message.get('MSA.2').toString()])
    })
    this.outbound.on('client.error', () => {})
    this.outbound.once('connect', () => this.outbound.sendMessage(new Message({ text: raw })))
  }

  close () {
    if (this.outbound) this.outbound.close()
    this.outbound = null
  }
}

const peer = library === 'simple-hl7' ? new SimpleHl7() : new NodeHl7Client()
let failed = () => {}
process.on('uncaughtException', () => failed()) // whatever the library throws: there is no good answer
process.on('unhandledRejection', () => failed())

function accepted (controlId) {
  const fields = text.split('\r')
  const header = fields[0].split('|')
  header[9] = controlId
  const raw = [header.join('|'), ...fields.slice(1)].join('\r')
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve(false), Number(seconds) * 1000)
    const end = good => { clearTimeout(timer); resolve(good) }
    failed = () => end(false)
    try {
      peer.send(raw, msa => end(Boolean(msa) && msa[0] === 'AA' && msa[1] === controlId))
    } catch (error) {
      end(false)
    }
  })
}

async function main () {
  for (;;) {
    for (const name of fs.readdirSync(asked)) {
      fs.unlinkSync(path.join(asked, name))
      const good = await accepted(`NODE-${++count}`)
      failed = () => {}
      if (!good) peer.close()
      fs.writeFileSync(path.join(told, `${name}.part`), good ? '0\n' : '1\n')
      fs.renameSync(path.join(told, `${name}.part`), path.join(told, name))
    }
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

main()
