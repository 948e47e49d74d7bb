"""The one table of reasons: what went wrong, in words for the driver, and what to do next.

Every refusal of the API and every outcome of an intent that is not plain success has its row here. Titles fit the red
banner of a phone (at most 60 characters); advice is one or two sentences that the driver can follow.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One row. `retryable`: the same request may succeed later without the driver changing it."""

    code: str
    title: str
    advice: str
    retryable: bool
    http_status: int


_ROWS = (
    Reason(
        "session_not_found", "We can't find this session", "Open your sessions list and try from there.", False, 404
    ),
    Reason(
        "session_not_active",
        "This session is not running",
        "Pull down to refresh. There is nothing left to stop.",
        False,
        409,
    ),
    Reason(
        "stop_already_acknowledged",
        "The charger is already stopping",
        "The charger has your stop and is carrying it out. Start a new session if you want to go on charging.",
        False,
        409,
    ),
    Reason(
        "stop_by_operator",
        "The operator is stopping this session",
        "It can't be taken back here. Ask the operator why, or start at another charger.",
        False,
        409,
    ),
    Reason("no_stop_to_withdraw", "There is no stop to take back", "Pull down to refresh.", False, 409),
    Reason(
        "account_suspended",
        "Your account is suspended",
        "You can stop what is running, and see your sessions. To charge again, please contact us.",
        False,
        403,
    ),
    Reason(
        "account_deleted",
        "This account is being deleted",
        "Nothing new can be begun with it. Sign in with another account to charge.",
        False,
        403,
    ),
    Reason(
        "stop_right_lent",
        "Somebody can stop this session already",
        "Take the right to stop back first if you want to lend it to somebody else.",
        False,
        409,
    ),
    Reason(
        "stop_right_not_found",
        "This code doesn't work",
        "Ask for a new code: it works for 15 minutes, for one person, until the session is over.",
        False,
        404,
    ),
    Reason("session_is_yours", "This is your own session", "You can stop it any time, without a code.", False, 409),
    Reason(
        "session_running",
        "You are still charging",
        "Tap Stop charging and wait until it has ended. Then delete your account.",
        False,
        409,
    ),
    Reason("card_not_found", "We can't find this card", "Open your cards list and try from there.", False, 404),
    Reason(
        "card_not_available",
        "This card can't be added",
        "Check its number. If it is right and the card is yours, please contact us.",
        False,
        409,
    ),
    Reason(
        "card_blocked",
        "This card is blocked",
        "If you reported it lost and have found it, remove it and add it again. If you didn't, please contact us.",
        False,
        409,
    ),
    Reason("too_many_cards", "You have too many cards", "Remove a card you no longer use, then add it.", False, 409),
    Reason(
        "charger_not_found", "We can't find this charger", "Go back to the chargers list and pick it again.", False, 404
    ),
    Reason(
        "evse_not_found", "This charger has no such connector", "Pick one of the connectors shown for it.", False, 404
    ),
    Reason(
        "route_not_found",
        "There is nothing at this address",
        "Check the address against the API's documentation.",
        False,
        404,
    ),
    Reason(
        "evse_in_use",
        "This connector is in use",
        "Wait until the other session has ended, or pick another connector.",
        True,
        409,
    ),
    Reason(
        "charger_out_of_service",
        "This charger is out of service",
        "Please use another charger. The operator has been told.",
        False,
        409,
    ),
    Reason(
        "cable_not_plugged",
        "The cable isn't plugged in",
        "Plug the cable into your car, then tap Start charging.",
        True,
        409,
    ),
    Reason(
        "charger_offline",
        "The charger is offline",
        "Wait a few seconds and try again. A stop you asked for stays in force and is carried out as soon as the "
        "charger is back. You can always end a session at the charger itself.",
        True,
        503,
    ),
    Reason(
        "no_answer",
        "The charger hasn't answered yet",
        "Your stop stays in force. Tap Stop charging to send it again, or end the session at the charger itself.",
        True,
        504,
    ),
    Reason(
        "refused_by_charger",
        "The charger refused",
        "Try again. If it refuses again, use the buttons on the charger or call the number on it.",
        True,
        502,
    ),
    Reason(
        "power_still_flowing",
        "Power is still flowing",
        "The charger tried to stop and could not. Try again; if it goes on, use the emergency stop and call the number "
        "on the charger.",
        True,
        502,
    ),
    Reason(
        "driver_unreachable",
        "The charger's hardware doesn't answer",
        "Wait a few seconds and try again, or end the session at the charger itself.",
        True,
        502,
    ),
    Reason(
        "start_expired",
        "The charger didn't start in time",
        "Nothing was charged. Tap Start charging to try again.",
        True,
        409,
    ),
    Reason("cancelled", "The session was cancelled before it began", "Nothing was charged.", False, 409),
    Reason("never_started", "The session was cancelled before it began", "Nothing was charged.", False, 409),
    Reason(
        "already_ended",
        "The session had already ended",
        "Pull down to refresh. There is nothing left to stop.",
        False,
        409,
    ),
    Reason(
        "already_stopped",
        "The charger has already stopped",
        "Start a new session if you want to go on charging.",
        False,
        409,
    ),
    Reason("withdrawn", "You took this stop back", "Tap Stop charging if you want to stop after all.", True, 409),
    Reason(
        "unsupported",
        "This charger needs an update",
        "It didn't understand the request. End the session at the charger itself; the operator has been told.",
        False,
        502,
    ),
    Reason(
        "not_sent",
        "We couldn't reach the charger",
        "Your request is saved. Wait a few seconds and try again.",
        True,
        503,
    ),
    Reason(
        "session_still_reported",
        "The charger still speaks of this session",
        "Stop it instead. Close it once its charger has been silent about it for more than a minute.",
        True,
        409,
    ),
    Reason(
        "queue_not_found", "There is no such queue", "List the dead-letter queues and pick one of them.", False, 404
    ),
    Reason(
        "not_redrivable",
        "These letters have nowhere to go back to",
        "Read them. They go by themselves when their queue's time is up.",
        False,
        409,
    ),
    Reason(
        "invalid_request",
        "The request isn't valid",
        "Correct the field named in the detail and send it again.",
        False,
        400,
    ),
    Reason(
        "unsupported_media_type",
        "The request isn't JSON",
        "Send the body as application/json, or send none.",
        False,
        415,
    ),
    Reason("request_too_large", "The request is too large", "Send less in one request.", False, 413),
    Reason(
        "idempotency_key_reused",
        "This key was used for another request",
        "Use a new Idempotency-Key for every new session.",
        False,
        422,
    ),
    Reason("unauthorized", "Please sign in again", "Your sign-in has ended. Sign in and try again.", False, 401),
    Reason("too_many_requests", "Too many requests", "Wait a moment and try again.", True, 429),
    Reason("unavailable", "We can't do that right now", "Wait a few seconds and try again.", True, 503),
    Reason("internal", "Something went wrong on our side", "Try again in a moment. We have been told.", True, 500),
)

REASONS: dict[str, Reason] = {row.code: row for row in _ROWS}
"""Every reason by its code."""


def reason(code: str) -> Reason:
    """The row of a code. A code that a newer charger made up reads as `refused_by_charger`, never as nothing."""
    return REASONS.get(code) or REASONS["refused_by_charger"]
