"""What each sealed column is sealed for: a value opens only for the purpose that it was sealed for."""

NAME = "resident.name"
PHONE = "resident.phone"
ID_NUMBER = "resident.id_number"
ADDRESS = "household.address"
STAFF_NAME = "staff.name"
STAFF_PHONE = "staff.phone"
