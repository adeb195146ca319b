"""A receiver on hl7apy's MLLPServer, as its documentation shows: `PORT`."""

import sys

from hl7apy.core import Message
from hl7apy.mllp import AbstractErrorHandler, AbstractHandler, MLLPServer, UnsupportedMessageType
from hl7apy.parser import parse_message

ROUTED = ("ORM^O01^ORM_O01", "ORU^R01^ORU_R01", "OMI^O23^OMI_O23", "MDM^T02^MDM_T02")


def acknowledgement(received: str, code: str) -> str:
    asked = parse_message(received, find_groups=False)
    answer = Message("ACK", version="2.5.1")
    answer.msh.msh_3, answer.msh.msh_4 = asked.msh.msh_5.value, asked.msh.msh_6.value
    answer.msh.msh_5, answer.msh.msh_6 = asked.msh.msh_3.value, asked.msh.msh_4.value
    answer.msh.msh_9 = "ACK"
    answer.msh.msh_10 = "HL7APY-1"
    answer.msh.msh_11 = "T"
    answer.msa.msa_1 = code
    answer.msa.msa_2 = asked.msh.msh_10.value
    return str(answer.to_mllp())


class Answer(AbstractHandler):
    def reply(self) -> str:
        return acknowledgement(self.incoming_message, "AA")


class Refusal(AbstractErrorHandler):
    def reply(self) -> str:
        code = "AR" if isinstance(self.exc, UnsupportedMessageType) else "AE"
        return acknowledgement(self.incoming_message, code)


def main() -> None:
    handlers = dict.fromkeys(ROUTED, (Answer,)) | {"ERR": (Refusal,)}
    with MLLPServer("127.0.0.1", int(sys.argv[1]), handlers) as server:
        server.daemon_threads = True
        server.serve_forever()


if __name__ == "__main__":
    main()
