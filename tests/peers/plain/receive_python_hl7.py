"""A receiver on python-hl7's asyncio streams, as its documentation shows: `PORT`."""

import asyncio
import sys

import hl7.mllp


async def answer(reader: hl7.mllp.HL7StreamReader, writer: hl7.mllp.HL7StreamWriter) -> None:
    try:
        while not writer.is_closing():
            message = await reader.readmessage()
            writer.writemessage(message.create_ack())
            await writer.drain()
    except asyncio.IncompleteReadError:
        if not writer.is_closing():
            writer.close()
            await writer.wait_closed()


async def main() -> None:
    server = await hl7.mllp.start_hl7_server(
        answer, "127.0.0.1", int(sys.argv[1]), encoding="utf-8"
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
