"""What is done with requests: one verb, one file."""

from resident_requests.actions.add_attachment import add_attachment
from resident_requests.actions.add_comment import add_comment
from resident_requests.actions.answer_question import answer_question
from resident_requests.actions.ask_resident import ask_resident
from resident_requests.actions.assign_request import assign_request
from resident_requests.actions.category_of import category_of
from resident_requests.actions.close_silent_request import close_silent_request
from resident_requests.actions.confirm_request import confirm_request
from resident_requests.actions.conflicts_for import conflicts_for
from resident_requests.actions.correct_request import correct_request
from resident_requests.actions.describe_source import describe_source
from resident_requests.actions.dispute_request import dispute_request
from resident_requests.actions.end_waiting import end_waiting
from resident_requests.actions.escalate_overdue import escalate_overdue
from resident_requests.actions.escalate_request import escalate_request
from resident_requests.actions.file_report import Sent, Taken, file_report
from resident_requests.actions.find_key import find_key
from resident_requests.actions.find_similar import Asked, find_similar
from resident_requests.actions.follow_request import follow_request
from resident_requests.actions.forget_places import forget_places
from resident_requests.actions.hear_comments import Heard, hear_comments
from resident_requests.actions.import_reports import import_reports
from resident_requests.actions.issue_key import issue_key
from resident_requests.actions.list_followed import list_followed
from resident_requests.actions.list_similar import list_similar
from resident_requests.actions.look_at import look_at
from resident_requests.actions.may_attach import may_attach
from resident_requests.actions.merge_request import merge_request
from resident_requests.actions.narrow_scope import narrow_scope
from resident_requests.actions.note_called_off import note_called_off
from resident_requests.actions.note_done import note_done
from resident_requests.actions.note_service_offered import note_service_offered
from resident_requests.actions.note_started import note_started
from resident_requests.actions.note_stepped_back import note_stepped_back
from resident_requests.actions.note_taken_up import note_taken_up
from resident_requests.actions.open_said import open_said
from resident_requests.actions.propose_route import propose_route
from resident_requests.actions.rate_request import rate_request
from resident_requests.actions.read_outcome import read_outcome
from resident_requests.actions.reject_request import reject_request
from resident_requests.actions.reopen_request import reopen_request
from resident_requests.actions.resolve_request import resolve_request
from resident_requests.actions.set_category import set_category
from resident_requests.actions.set_routing_rule import set_routing_rule
from resident_requests.actions.start_request import start_request
from resident_requests.actions.submit_request import Filed, Outcome, submit_request
from resident_requests.actions.triage_request import triage_request
from resident_requests.actions.unfollow_request import unfollow_request
from resident_requests.actions.withdraw_key import withdraw_key
from resident_requests.actions.withdraw_request import withdraw_request
from resident_requests.actions.withhold_report import withhold_report

__all__ = [
    "Asked",
    "Filed",
    "Heard",
    "Outcome",
    "Sent",
    "Taken",
    "add_attachment",
    "add_comment",
    "answer_question",
    "ask_resident",
    "assign_request",
    "category_of",
    "close_silent_request",
    "confirm_request",
    "conflicts_for",
    "correct_request",
    "describe_source",
    "dispute_request",
    "end_waiting",
    "escalate_overdue",
    "escalate_request",
    "file_report",
    "find_key",
    "find_similar",
    "follow_request",
    "forget_places",
    "hear_comments",
    "import_reports",
    "issue_key",
    "list_followed",
    "list_similar",
    "look_at",
    "may_attach",
    "merge_request",
    "narrow_scope",
    "note_called_off",
    "note_done",
    "note_service_offered",
    "note_started",
    "note_stepped_back",
    "note_taken_up",
    "open_said",
    "propose_route",
    "rate_request",
    "read_outcome",
    "reject_request",
    "reopen_request",
    "resolve_request",
    "set_category",
    "set_routing_rule",
    "start_request",
    "submit_request",
    "triage_request",
    "unfollow_request",
    "withdraw_key",
    "withdraw_request",
    "withhold_report",
]
