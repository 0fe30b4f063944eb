package mysql

// Numbers of errors, of MySQL and of MariaDB, by the names that their manuals
// give them.
const (
	erDupKey              = 1022
	erDiskFull            = 1021
	erCheckRead           = 1020
	erOutOfMemory         = 1037
	erOutOfSortMemory     = 1038
	erOutOfResources      = 1041
	erDBAccessDenied      = 1044
	erAccessDenied        = 1045
	erBadNull             = 1048
	erBadDB               = 1049
	erServerShutdown      = 1053
	erDupEntry            = 1062
	erParse               = 1064
	erNoSuchThread        = 1094
	erRecordFileFull      = 1114
	erHostBlocked         = 1129
	erHostNotPrivileged   = 1130
	erTableAccessDenied   = 1142
	erColumnAccessDenied  = 1143
	erNoSuchTable         = 1146
	erPacketTooLarge      = 1153
	erDupUnique           = 1169
	erErrorDuringCommit   = 1180
	erTransCacheFull      = 1197
	erLockWaitTimeout     = 1205
	erLockTableFull       = 1206
	erLockDeadlock        = 1213
	erNoReferencedRow     = 1216
	erSpecificAccess      = 1227
	erOutOfRange          = 1264
	erDataTruncated       = 1265
	erTruncatedWrongValue = 1292
	erInvalidCharacters   = 1300
	erPacketOverflowed    = 1301
	erQueryInterrupted    = 1317
	erNoDefault           = 1364
	erDivisionByZero      = 1365
	erWrongValueForField  = 1366
	erIllegalValueForType = 1367
	erDataTooLong         = 1406
	erWrongValueForType   = 1411
	erNoReferencedRow2    = 1452
	erPluginNotLoaded     = 1524
	erWrongValue          = 1525
	erNoPartition         = 1526
	erDupEntryWithKeyName = 1586
	erSignal              = 1644
	erDataOutOfRange      = 1690
	erAccessDeniedNoPass  = 1698
	erMustChangePassword  = 1820
	erMustChangePassLogin = 1862
	erConnectionKilled    = 1927 // MariaDB
	erStatementTimeout    = 1969 // MariaDB
	erQueryTimeout        = 3024 // MySQL
	erGroupRollback       = 3101 // MySQL
	erAccountLocked       = 3118 // MySQL
	erSecureTransport     = 3159
	erCheckViolated       = 3819 // MySQL
	erConstraintFailed    = 4025 // MariaDB
	erClientInactive      = 4031 // MySQL
	erAccountLockedMaria  = 4151 // MariaDB
)
