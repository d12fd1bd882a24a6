"""What each sealed column is sealed for: a value opens only for the purpose that it was sealed for."""

WORDS = "relief.application_words"
PAYEE_NAME = "relief.payee_name"
BANK_ACCOUNT = "relief.bank_account"
EVIDENCE = "relief.evidence_note"
OBJECTION = "relief.objection_words"
DECISION = "relief.decision_reason"
BANK_REASON = "relief.bank_reason"
