/** A certificate for the pretend ISP's names and 127.0.0.1, signed by itself, made by the openssl of the tools' tree. */
import { join } from 'node:path'
import { run } from './room.ts'

export type Certificate = {
  /** PEM files in the folder; the certificate is its own authority. */
  readonly key: string
  readonly certificate: string
}

export async function makeCertificate(folder: string): Promise<Certificate> {
  const names = ['DNS:smtp.isp.example', 'DNS:pop.isp.example', 'DNS:localhost', 'IP:127.0.0.1'].join(',')
  const request = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -batch -config /etc/ssl/openssl.cnf'
  const wanted = `-subj /CN=isp.example -addext subjectAltName=${names} -keyout /mnt/key.pem -out /mnt/certificate.pem`
  const { code, err } = await run('tools', { folder }, `/usr/bin/openssl req ${request} ${wanted}`.split(' '))
  if (code !== 0) throw new Error(`openssl made no certificate:\n${err}`)
  return { key: join(folder, 'key.pem'), certificate: join(folder, 'certificate.pem') }
}
