/**
 * Certificates for the tests' hosts (`hosts`, and 127.0.0.1), made once in each process that asks by the machine's openssl. All of
 * PEM; nothing of it is kept.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const hosts: readonly string[] = ['moriah.shire.lan', 'smtp.isp.example', 'pop.isp.example', 'localhost']

export type Certificates = {
  /** Of every certificate here but the authority's. */
  readonly key: string
  /** Vouches for `server`, `expired` and `early`. */
  readonly authority: string
  readonly server: string
  readonly expired: string
  /** Not valid before the year 2100: to it, today is 1970. */
  readonly early: string
  /** Vouch for themselves. */
  readonly selfSigned: string
  readonly expiredSelfSigned: string
}

export const pem: Certificates = make()

/** For a server's settings: `key.pem` and `certificate.pem` in the folder, the latter its own authority. */
export function writeCertificate(folder: string): { readonly key: string; readonly certificate: string } {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  writeFileSync(key, pem.key, { mode: 0o600 })
  writeFileSync(certificate, pem.selfSigned)
  return { key, certificate }
}

type Dates = { readonly from?: string; readonly until?: string }

function make(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'dialpost-certificates-'))
  const openssl = (words: string): void =>
    void execFileSync('openssl', words.split(' '), { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const request = (name: string): void =>
    openssl(
      `req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config ca.cnf -subj /CN=${name} -keyout ${name}.key -out ${name}.csr`,
    )
  /** `openssl ca` alone takes any dates. */
  const issue = (name: string, issuer: string, { from = '20000101000000Z', until = '21991231000000Z' }: Dates = {}): string => {
    const signer = issuer === name ? '-selfsign' : `-cert ${issuer}.pem`
    const dates = `-startdate ${from} -enddate ${until}`
    openssl(
      `ca -batch -notext -config ca.cnf -extensions ${name} ${signer} -keyfile ${issuer}.key ${dates} -in ${name}.csr -out ${name}.pem`,
    )
    return read(`${name}.pem`)
  }
  try {
    writeFileSync(join(folder, 'ca.cnf'), settings())
    writeFileSync(join(folder, 'index'), '')
    for (const name of ['authority', 'server']) request(name)
    return {
      key: read('server.key'),
      authority: issue('authority', 'authority'),
      server: issue('server', 'authority'),
      expired: issue('server', 'authority', { until: '20000201000000Z' }),
      early: issue('server', 'authority', { from: '21000101000000Z' }),
      selfSigned: issue('server', 'server'),
      expiredSelfSigned: issue('server', 'server', { until: '20000201000000Z' }),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function settings(): string {
  return `
[req]
distinguished_name = any
[ca]
default_ca = house
[house]
database = index
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:true
[server]
basicConstraints = CA:false
subjectAltName = ${hosts.map((host) => `DNS:${host}`).join(',')},IP:127.0.0.1
`
}
