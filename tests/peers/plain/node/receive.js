// A receiver on a Node library, as its documentation shows: simple-hl7|node-hl7-server PORT
'use strict'

const [library, port] = process.argv.slice(2)

function withSimpleHl7 () {
  const hl7 = require('simple-hl7')
  const app = hl7.tcp()
  app.use((req, res, next) => res.end())
  app.use((err, req, res, next) => { // as in its documentation
    const msa = res && res.ack && res.ack.getSegment('MSA')
    if (!msa) return console.error(String(err))
    msa.setField(1, 'AR')
    res.ack.addSegment('ERR', err.message)
    res.end()
  })
  app.start(Number(port))
}

function withNodeHl7Server () {
  const { Server } = require('node-hl7-server')
  const server = new Server({ bindAddress: '127.0.0.1' })
  const inbound = server.createInbound({ port: Number(port) }, async (req, res) => {
    await res.sendResponse('AA')
  })
  inbound.on('error', error => console.error(String(error)))
  inbound.on('data.error', error => console.error(String(error)))
  inbound.on('client.error', error => console.error(String(error)))
}

if (library === 'simple-hl7') withSimpleHl7()
else withNodeHl7Server()
