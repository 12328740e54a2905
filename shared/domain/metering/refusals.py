"""The refusal of one event of a batch."""

from shared.domain.errors import FieldProblem


class RefusedEvent(Exception):
    """An event that cannot be recorded; `problem` names the field and the reason."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.problem = FieldProblem(field=field, code=code, message=message)
