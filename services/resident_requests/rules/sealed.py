"""What each sealed column is sealed for: a value opens only for the purpose that it was sealed for."""

WORDS = "request.words"
ADDRESS = "request.address"
REASON = "request.reason"
COMMENT = "comment.words"
ATTACHMENT_NAME = "attachment.name"
ATTACHMENT_CONTENT = "attachment.content"
