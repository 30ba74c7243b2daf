"""Attacks on the channel: a student's process that answers whatever it likes."""

from __future__ import annotations

import pytest

from autograder.workbench import Workbench
from tests.attacks.attack import Attack, carry_out
from tests.attacks.course import SOLUTIONS

#: Finds the agent's parts, as a student can who looks around in the process.
AGENT = """
import sys, gc, os, time, socket, struct, threading
wire = sys.modules["autograder.wire"]
Agent = sys.modules["autograder.sandbox.agent"].Agent

def forge(answer, blobs=(), only=()):
    def call(self, message, given):
        encoder = wire.Encoder()
        for blob in blobs:
            encoder.blob(blob)
        return wire.frame({"n": message["n"], **answer}, encoder)
    Agent._call = call
"""


def forged(name: str, what: str, answer: str, *, earns: float = 0, says: str = "") -> Attack:
    """An attack in which all calls are answered with the same, from the first cell on."""
    return Attack(name, what, AGENT + f"forge({answer})\n", SOLUTIONS, earns=earns, says=says)


def taken_over(name: str, what: str, code: str, *, earns: float = 0, says: str = "") -> Attack:
    """An attack on the socket itself, from the first cell on."""
    return Attack(name, what, AGENT + code, SOLUTIONS, earns=earns, says=says)


ATTACKS = [
    forged("says_passed", "It says that the test has passed.",
           "{'passed': True, 'v': None, 'score': 9, 'outputs': []}"),
    forged("no_value", "The answer holds nothing.", "{}", says="no proper answer"),
    forged("odd_value", "The value is of no known kind.", "{'v': ['pickle', 'x']}",
           says="no proper answer"),
    forged("code_value", "The value asks for code to be run.",
           "{'v': ['r', 1, {'type': '__import__(\"os\").system(\"true\")', 'kind': 'function'}]}"),
    forged("exit_raised", "The exception ends the judge's process.",
           "{'x': {'type': 'SystemExit', 'bases': ['SystemExit'], 'text': '0'}}"),
    forged("interrupt_raised", "The exception is an interrupt from the keyboard.",
           "{'x': {'type': 'KeyboardInterrupt', 'bases': ['KeyboardInterrupt'], 'text': ''}}"),
    forged("generator_exit_raised", "The exception is one that nobody shows.",
           "{'x': {'type': 'GeneratorExit', 'bases': ['GeneratorExit'], 'text': ''}}"),
    forged("memory_error_raised", "The exception says that the judge has no memory.",
           "{'x': {'type': 'MemoryError', 'bases': ['MemoryError'], 'text': ''}}"),
    forged("odd_exception", "The exception has bases that cannot be had together.",
           "{'x': {'type': 'x' * 10**6, 'bases': ['OSError', 'KeyError', 'print', 5, 'object'],"
           " 'text': 5, 'lines': [[1], 'x', [[], 2, [], {}]]}}"),
    forged("exception_group", "The exception is one that needs other arguments.",
           "{'x': {'type': 'G', 'bases': ['BaseExceptionGroup'], 'text': 'x'}}"),
    forged("argument_changed", "It says that the call has made its argument another one.",
           "{'v': 6.5, 'changed': [[0, ['a', '<f8', [5], 0]]]}, [bytes(40)]"),
    forged("argument_out_of_range", "It changes an argument that was not given.",
           "{'v': 6.5, 'changed': [[7, ['a', '<f8', [5], 0]]]}, [bytes(40)]"),
    forged("contents_changed", "It changes the test's list.",
           "{'v': 6.5, 'contents': {'shift': 0, 'trees': [['l']], 'blobs': 0}}"),
    forged("contents_odd", "It changes the test's list into something odd.",
           "{'v': 6.5, 'contents': {'shift': -1, 'trees': 5, 'blobs': {}}}"),
    forged("view_out_of_bounds", "It says that the result lies beyond its argument's memory.",
           "{'v': ['v', 0, '<f8', [5], [8], 10**9]}"),
    forged("view_of_the_past", "It says that the result lies before its argument's memory.",
           "{'v': ['v', 0, '<f8', [5], [-8], 0]}"),
    forged("view_of_everything", "It says that the result has negative steps.",
           "{'v': ['v', 0, '<f8', [2**60], [2**60], 0]}"),
    forged("earlier_result", "It says that the result is one that never was.",
           "{'v': ['w', 10**9, ['a', '<f8', [1], 0], '<f8', [5], [8], 0]}, [bytes(8)]"),
    forged("size_overflows", "An array whose size is more than the machine's numbers hold.",
           "{'v': ['a', '<f8', [2**33, 2**33], 0]}, [b'']"),
    forged("size_zero", "An array without elements, with an axis beyond the machine's numbers.",
           "{'v': ['a', '<f8', [0, 2**62], 0]}, [b'']"),
    forged("text_dtype", "An array of texts of a gigabyte.",
           "{'v': ['a', '<U999999999', [0], 0]}, [b'']"),
    forged("object_dtype", "An array of addresses.", "{'v': ['a', '|O', [1], 0]}, [bytes(8)]",
           says="no proper answer"),
    forged("array_of_objects", "An array that says it has a billion elements.",
           "{'v': ['o', [10**9], 1]}"),
    forged("long_range", "A range without end.", "{'v': ['..', 0, 10**9, 1]}"),
    forged("long_ranges", "A thousand of the longest ranges.",
           "{'v': ['l', *[['..', 0, 500_000, 1]] * 1000]}"),
    forged("large_decimal", "A number that takes a gigabyte.", "{'v': ['$', '1e999999999999']}"),
    forged("large_number", "A number that is no number.", "{'v': ['i', '0x' + 'f' * 10**6]}"),
    forged("text_number", "A number with underscores.", "{'v': ['i', '1_' * 1000]}"),
    forged("deep_tree", "Lists that lie ten thousand deep in one another.",
           "{'v': eval('[\"l\",' * 60 + '1' + ']' * 60)}"),
    forged("named_like_code", "A named tuple whose fields are code.",
           "{'v': ['N', 'T', ['x): import os; os._exit(1) #'], 1]}"),
    forged("model_with_code", "A Keras model with a layer that runs code.",
           "{'v': ['K', 1, 0]}, [__import__('json').dumps({'config': {'module': 'keras.layers',"
           " 'class_name': 'Lambda', 'config': {}}, 'compiled': True, 'trainable': [],"
           " 'weights': []}).encode()]"),
    forged("model_with_other_modules", "A Keras model of a class that is none of Keras'.",
           "{'v': ['K', 1, 0]}, [__import__('json').dumps({'config': {'module': 'os',"
           " 'class_name': 'system', 'config': {'layers': ['true']}}, 'compiled': True,"
           " 'trainable': [], 'weights': []}).encode()]"),
    forged("model_as_error", "A Keras model that is only an excuse.", "{'v': ['K', 1, 'x' * 10**6]}"),
    forged("tensor_of_text", "A tensor that is none.", "{'v': ['T', 'x']}"),
    forged("late", "It says that it was late.", "{'late': True}"),
    forged("uses", "It says that it has used libraries, which nobody has asked.",
           "{'uses': [{}] * 1000}", says="no proper answer"),
    forged("refused", "It says that the value is too large.", "{'refused': 'x' * 10**6}"),
    taken_over("silence", "It never answers again.",
               "Agent._call = lambda *a: time.sleep(1000)", says="did not end"),
    taken_over("other_number", "It answers another request than was asked.",
               "Agent._call = lambda s, m, b: wire.frame({'n': m['n'] + 1, 'v': 6.5},"
               " wire.Encoder())", says="no proper answer"),
    taken_over("answers_ahead", "It sends the next answers before they are asked for.",
               "ahead = lambda n: wire.frame({'n': n, 'v': 6.5}, wire.Encoder())\n"
               "Agent._call = lambda s, m, b: ahead(m['n']) + ahead(m['n'] + 1)",
               says="no proper answer"),
    taken_over("answers_for_ever", "It sends answers without end.",
               "def flood():\n    while True: os.write(3, wire.frame({'n': 5}, wire.Encoder()))\n"
               "threading.Thread(target=flood, daemon=True).start()", says="no proper answer"),
    taken_over("huge_head", "A frame says that it has exabytes.",
               "Agent._call = lambda *a: struct.pack('>4sIQ', b'PCJ1', 100, 2**60)",
               says="no proper answer"),
    taken_over("huge_frame", "A frame is as large as one may be, and never ends.",
               "def call(*a):\n"
               "    head = b'{\"m\":{\"n\":1},\"b\":[536870912],\"w\":true}'\n"
               "    os.write(3, struct.pack('>4sIQ', b'PCJ1', len(head), 2**29) + head)\n"
               "    while True: os.write(3, bytes(100_000)); time.sleep(0.05)\n"
               "Agent._call = call", says="did not end"),
    taken_over("nested_header", "A header of brackets.",
               "Agent._call = lambda *a: struct.pack('>4sIQ', b'PCJ1', 10**6, 0) + b'[' * 10**6",
               says="no proper answer"),
    taken_over("header_is_no_text", "A header of bytes that are no text.",
               "Agent._call = lambda *a: struct.pack('>4sIQ', b'PCJ1', 100, 0) + b'\\xff' * 100",
               says="no proper answer"),
    taken_over("number_in_header", "A header with a number of a million digits.",
               "Agent._call = lambda *a: struct.pack('>4sIQ', b'PCJ1', 10**6, 0)"
               " + b'{\"m\":{\"n\":' + b'1' * (10**6 - 10) ", says="no proper answer"),
    taken_over("byte_by_byte", "An answer comes one byte at a time.",
               "def call(*a):\n    for byte in struct.pack('>4sIQ', b'PCJ1', 10**6, 0) + b' ' * 999:"
               " os.write(3, bytes([byte])); time.sleep(0.2)\nAgent._call = call",
               says="did not end"),
    taken_over("descriptor_passed", "It passes descriptors on the channel.",
               "s = socket.socket(fileno=os.dup(3))\nn = os.open('/', 0)\n"
               "for i in range(100): socket.send_fds(s, [b'P'], [n] * 50)",
               says="no proper answer"),
    taken_over("shut_down", "It closes the channel in one direction.",
               "socket.socket(fileno=os.dup(3)).shutdown(socket.SHUT_RD)",
               says="the Python process"),
    taken_over("outputs_forged", "It forges what the cells have shown: an answer for a test.",
               "import dataclasses\n"
               "Agent._run = lambda s, m, b: ({'outputs': [{'output_type': 'execute_result',"
               " 'data': {'text/plain': '5.0'}, 'metadata': {}, 'execution_count': 1}] * 9,"
               " 'bound': [None, {}, 'np'], 'removed': 5, 'late': []}, wire.Encoder())"),
    taken_over("outputs_odd", "What the cells have shown is nothing that a notebook holds.",
               "Agent._run = lambda s, m, b: ({'outputs': [5, None, {}, {'output_type': 'x'},"
               " {'output_type': 'stream', 'name': {}, 'text': 7}, {'output_type': 'error',"
               " 'ename': [], 'evalue': {}, 'traceback': 'x'}, {'output_type': 'display_data',"
               " 'data': {'text/plain': {}, 'x': 1, 'text/html': [1]}, 'metadata': []}],"
               " 'bound': {}}, wire.Encoder())"),
    taken_over("outputs_huge", "A million outputs.",
               "Agent._run = lambda s, m, b: ({'outputs': [{'output_type': 'stream', 'name': "
               "'stdout', 'text': 'x'}] * 10**5}, wire.Encoder())"),
    taken_over("names_forged", "Names of the tests' own are looked for in vain.",
               "Agent._name = lambda s, m, b: ({'v': True}, wire.Encoder())"),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_answer_is_a_value_and_no_more(attack: Attack, bench: Workbench) -> None:
    judge = bench._judge.pid
    graded = carry_out(attack, bench)
    assert bench._judge.pid == judge
    assert len(graded.said) < 1_000_000
