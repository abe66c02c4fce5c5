"""The CRMs with a judged stand-in, as the whole journey uses them."""

from tests.support.judged_crms import described, tables
from tests.support.judged_crms.crm import CUSTOMER, EMAIL, JudgedCrm

CRMS: tuple[type[JudgedCrm], ...] = (
    *(described.ClioCrm, described.CloseCrm, described.HubSpotCrm),
    *(described.OutreachCrm, described.PipedriveCrm, described.ZohoCrm),
    *(tables.BullhornCrm, tables.DynamicsCrm, tables.GoogleSheetsCrm),
    *(tables.HighLevelCrm, tables.InsightlyCrm, tables.NetSuiteCrm),
    *(tables.RedtailCrm, tables.SalesforceCrm, tables.ZendeskCrm),
)

__all__ = ["CRMS", "CUSTOMER", "EMAIL", "JudgedCrm"]
