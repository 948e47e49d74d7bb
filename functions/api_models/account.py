"""What a person is told of the deletion of their account."""

from __future__ import annotations

from typing import Literal

from functions.api_models.base import ApiModel


class AccountDeletion(ApiModel):
    """The deletion goes on with the next `DELETE /v1/me`; nothing new can be begun with the account meanwhile."""

    status: Literal["deleting"] = "deleting"
