/**
 * What is said of each feature, option and macro of sendmail's .mc files (cf/README, 8.17) that becomes no setting. The first row that a name
 * fits holds; a name that fits none is said to be unknown. Pure.
 */
import { itself, none } from './fate.ts'

type Fates = readonly (readonly [names: RegExp, fate: string])[]

const outside = none('who may relay is said by networks of [accept]')
const refusing = none('what comes in is from the LAN or from an ISP that has looked at it; nothing is refused for its sender')
const patience = itself('its times follow RFC 5321, and a server that has stopped is left')
const tables = none('one name goes to others by aliases; every other way out is the smarthost')
const cf = none('it is a part of sendmail.cf')
const programs = none('letters are filtered by what ~/.forward names, and by nothing else')

const features: Fates = [
  [/^(?:genericstable|generics_entire_domain)$/, 'what stands in the table belongs into users of [masquerade]: eddy = "eddy@isp.example"'],
  [/^use_cw_file$/, 'what stands in /etc/mail/local-host-names (sendmail.cw of old) belongs into local_domains'],
  [/^access_db$/, 'networks that the table lets RELAY belong into networks of [accept]; its other lines have no equivalent'],
  [/^authinfo$/, 'the user belongs into user of [[smarthost]], the password into the file of password_file'],
  [
    /^(?:virtusertable|virtuser_entire_domain)$/,
    'names of the table that are local belong into /etc/aliases; for a box at an ISP see [mailbox.multidrop]',
  ],
  [/^(?:relay_(?:entire_domain|hosts_only|based_on_MX|local_from|mail_from)|loose_relay_check)$/, outside],
  [/^promiscuous_relay$/, none('the hub relays for networks of [accept] alone')],
  [/^(?:mailertable|domaintable|bitdomain|uucpdomain|domainmap|ldap_routing|bestmx_is_local)$/, tables],
  [/^(?:no)?canonify$/, itself('nothing is looked up, and names stay as they are written')],
  [/^(?:nodns|accept_unresolvable_domains|accept_unqualified_senders)$/, itself('no sender is looked up or refused')],
  [/^always_add_domain$/, itself('a name without a domain leaves with that of masquerade, or with the hostname')],
  [/^local_no_masquerade$/, itself('what stays on the LAN is not masked')],
  [/^limited_masquerade$/, none('local_domains are masked, too')],
  [/^(?:local_procmail|smrsh)$/, itself('it delivers itself; ~/.forward may name procmail')],
  [/^local_lmtp$/, 'dialpost delivers by itself; for a server that takes LMTP write format = "lmtp" and lmtp = "…" into [deliver]'],
  [/^no_default_msa$/, itself('it listens at listen of [accept], and nowhere else')],
  [
    /^(?:redirect|nouucp|nopercenthack|notsticky|preserve_local_plus_detail|use_ct_file|use_client_ptr)$/,
    itself('it is so, or matters not'),
  ],
  [/^(?:stickyhost|preserve_luser_host)$/, none('a local address is delivered here')],
  [/^(?:delay_checks|greet_pause|conncontrol|ratecontrol|block_bad_helo|require_rdns|badmx|mtamark|check_other|compat_check)$/, refusing],
  [/^(?:(?:enh)?dnsbl|rhsbl|drac|b(?:lack|lock)(?:list)_recipients)$/, refusing],
  [
    /^(?:tls_(?:failures|session_features)|check_cert_altnames|sts)$/,
    none('tls of [[smarthost]] says how much is asked of its certificate'),
  ],
  [/^(?:queuegroup|msp|bcc|lookupdotdomain|prefixmod|vnet)$/, cf],
]

const defines: Fates = [
  [
    /^confDELIVERY_MODE$|^confCON_EXPENSIVE$|^(?:SMTP|ESMTP|RELAY|LOCAL)_MAILER_FLAGS$/,
    itself('what is for the ISP waits for the line; what is for here is delivered at once'),
  ],
  [/^confDIAL_DELAY$/, itself('it knows when the line is up')],
  [
    /^conf(?:MIN_QUEUE_AGE|MAX_QUEUE_AGE|QUEUE_SORT_ORDER|QUEUE_FACTOR|WORK_\w+|MAX_QUEUE_\w+|FAST_SPLIT|NICE_QUEUE_RUN|MAX_RUNNERS\w*|CHECKPOINT_INTERVAL|SAFE_QUEUE|SUPER_SAFE|SEPARATE_PROC|MCI_CACHE_\w+|SINGLE_THREAD_DELIVERY|HOST_STATUS_DIRECTORY|TO_HOSTSTATUS|HOSTS_FILE|REQUIRES_DIR_FSYNC|CONNECT_ONLY_TO)$/,
    itself('the queue has its own order, and the line is filled'),
  ],
  [
    /^conf(?:QUEUE_LA|REFUSE_LA|DELAY_LA|REJECT_LOG_INTERVAL|[DX]F_BUFFER_SIZE|MAX_RCPTS_PER_MESSAGE|MAX_ALIAS_RECURSION|CONNECTION_RATE_\w+)$/,
    itself('it takes no more than the box can carry'),
  ],
  [/^confMIN_FREE_BLOCKS$/, 'it counts blocks; reserve of [queue] is how much flash stays free, in KB or MB'],
  [/^confTO_QUEUE(?:WARN|RETURN)_\w+$/, none('warn_after and return_after of [queue] hold for all letters')],
  [/^confTO_|^confREAD_TIMEOUT$|^confMESSAGE_TIMEOUT$/, patience],
  [
    /^conf(?:DEF_AUTH_INFO|AUTH_(?:MECHANISMS|OPTIONS|REALM|MAX_BITS))$/,
    'how to log in at the smarthost: user and password_file of [[smarthost]]',
  ],
  [
    /^conf(?:CLIENT_(?:CERT|KEY)|CACERT(?:_PATH)?|CRL(?:_PATH)?|CIPHER_LIST|DH_PARAMETERS|RAND_FILE|\w*SSL_\w+|TLS_\w+|DANE|CERT_\w+)$/,
    none('tls of [[smarthost]] says what is asked of its certificate; the LAN needs certificate and key of [accept.tls]'),
  ],
  [
    /^conf(?:COPY_ERRORS_TO|ERROR_MODE|ERROR_MESSAGE|MIME_FORMAT_ERRORS|RRT_IMPLIES_DSN|SOFT_BOUNCE|USE_ERRORS_TO|DEAD_LETTER_DROP)$/,
    none('the sender gets the notice, and postmaster what cannot be returned'),
  ],
  [
    /^conf(?:PRIVACY_FLAGS|SMTP_LOGIN_MSG|HELO_NAME|BAD_RCPT_THROTTLE|MAX_NOOP_COMMANDS|ALLOW_BOGUS_HELO|REJECT_\w+|RELAY_MSG|RCPTREJ_MSG|MAX_HEADERS_LENGTH|MAX_MIME_HEADER_LENGTH)$/,
    itself('its door is for the LAN, and limits what one client may do'),
  ],
  [
    /^conf(?:ME_TOO|CHECK_ALIASES|ALIAS_WAIT|AUTO_REBUILD|MATCH_GECOS|USERDB_SPEC|UNSAFE_GROUP_WRITES|DONT_BLAME_SENDMAIL)$/,
    itself('aliases and ~/.forward are read as sendmail 8.10 reads them, and only from safe files'),
  ],
  [
    /^conf(?:SEVEN_BIT_INPUT|EIGHT_BIT_HANDLING|DEF_CHAR_SET|IGNORE_DOTS|SAVE_FROM_LINES|OLD_STYLE_HEADERS|BLANK_SUB|NO_RCPT_ACTION|SINGLE_LINE_FROM_HEADER|COLON_OK_IN_ADDR|MUST_QUOTE_CHARS|FROM_\w+|RECEIVED_HEADER|MESSAGEID_HEADER|DEQUOTE_OPTS|OPERATORS)$/,
    itself('letters pass octet by octet; headers are as RFC 5322 has them'),
  ],
  [
    /^conf(?:LOG_LEVEL|MILTER_LOG_LEVEL|PROCESS_TITLE_PREFIX|CONTROL_SOCKET_NAME|SHARED_MEMORY_\w+|PID_FILE)$/,
    none('`dialpost log` has the log; level of [log] is the least that is said on stdout'),
  ],
  [/^conf(?:MILTER_\w+|INPUT_MAIL_FILTERS)$/, programs],
  [/^conf(?:CW_FILE)$/, 'what stands in that file belongs into local_domains'],
  [
    /^conf(?:CT_FILE|CR_FILE|TRUSTED_USERS?|DEF_(?:USER|GROUP)_ID|RUN_AS_USER|SAFE_FILE_ENV|TEMP_FILE_MODE|QUEUE_FILE_MODE|DONT_INIT_GROUPS)$/,
    itself('it runs as a user of its own, and as the person whose program it starts'),
  ],
  [
    /^conf(?:BIND_OPTS|SERVICE_SWITCH_FILE|DONT_(?:EXPAND_CNAMES|PROBE_INTERFACES|PRUNE_ROUTES)|TRY_NULL_MX_LIST|USE_COMPRESSED\w*)$/,
    itself('the smarthost alone is looked up, and only while the line is up'),
  ],
  [
    /^(?:LUSER_RELAY|MAIL_HUB|LOCAL_RELAY)$/,
    none('whoever is not known here is refused at the door; an alias may be an address elsewhere'),
  ],
  [
    /^(?:UUCP|BITNET|DECNET|FAX|CSNET)_(?:RELAY|MAILER)|^(?:UUCP|FAX|POP|USENET|MAIL11|PH|QPAGE|CYRUS|DSMTP)_?\w*_MAILER_|^SITE\w*$/,
    none('there is no such network any more'),
  ],
  [
    /^(?:LOCAL|PROCMAIL|CYRUS|CYRUSV2)_MAILER_|^(?:LOCAL_SHELL|PROCMAIL)_\w+$|^confLOCAL_MAILER$/,
    itself('it writes the mailboxes of mail_dir; format of [deliver] says how'),
  ],
  [/^conf(?:SMTP|RELAY|UUCP)_MAILER$|^(?:SMTP8?|ESMTP|RELAY|DSMTP)_MAILER_/, cf],
  [/^(?:QUEUE_DIR|MSP_QUEUE_DIR)$/, "the spool is dialpost's own; spool says where"],
  [
    /^(?:STATUS_FILE|HELP_FILE|MAIL_SETTINGS_DIR|DATABASE_MAP_TYPE|CF_LEVEL|_?\w*_?VERSION\w*|VENDOR_NAME)$/,
    itself('it has none, or its own'),
  ],
  [/^conf/, none('there is no such choice')],
]

const macros: Fates = [
  [/^(?:VERSIONID|OSTYPE|MAILER_DEFINITIONS|HACK|SITECONFIG|MODIFY_MAILER_FLAGS|PUSHDIVERT|POPDIVERT)$/, cf],
  [/^DOMAIN$/, none("that file of sendmail's is not read; import what it says, too")],
  [
    /^(?:MASQUERADE_EXCEPTION(?:_FILE)?|EXPOSED_USER_FILE)$/,
    none('all of local_domains and domains are masked, but for users of [masquerade]'),
  ],
  [/^MASQUERADE_DOMAIN_FILE$/, 'what stands in that file belongs into domains of [masquerade]'],
  [/^GENERICS_DOMAIN(?:_FILE)?$/, itself('users of [masquerade] hold in local_domains and domains, and whole addresses everywhere')],
  [/^(?:VIRTUSER_DOMAIN|LDAPROUTE_\w+|CANONIFY_DOMAIN)(?:_FILE)?$/, tables],
  [/^RELAY_DOMAIN_FILE$/, 'networks of that file belong into networks of [accept]'],
  [/^(?:INPUT_)?MAIL_FILTER$/, programs],
  [
    /^(?:TRUST_AUTH_MECH|LOCAL_USER(?:_FILE)?|CLIENT_OPTIONS|QUEUE_GROUP|LOCAL_TLS_\w+|LOCAL_TRY_TLS|LOCAL_\w+_FEATURES|LOCAL_DNSBL|LOCAL_UUCP|UUCPSMTP|SITE)$/,
    cf,
  ],
]

/** `name: FATE`. */
export function featureFate(name: string): string {
  return said(features, name) ?? 'dialpost knows no such feature'
}

export function defineFate(name: string): string | undefined {
  // Names that begin so are the file's own.
  return said(defines, name) ?? (name.startsWith('_') ? undefined : 'no equivalent, unless it is a name that this file has for itself')
}

export function macroFate(name: string): string {
  return said(macros, name) ?? 'dialpost knows no such macro'
}

function said(fates: Fates, name: string): string | undefined {
  return fates.find(([names]) => names.test(name))?.[1]
}
