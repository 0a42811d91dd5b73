require 'openssl'

SIGNATURES = /\Asha256=[0-9a-f]{64}(,sha256=[0-9a-f]{64}){0,4}\z/.freeze

# Whether a request is genuine: body holds the bytes as received, header names are lower-case.
def verify(headers, body, secret, tolerance_seconds = 300)
  timestamp = headers['x-openclaw-timestamp'].to_s
  signatures = headers['x-openclaw-signature'].to_s
  return false if timestamp !~ /\A[0-9]{1,11}\z/ || signatures !~ SIGNATURES || secret.empty?
  return false if (Time.now.to_i - timestamp.to_i).abs > tolerance_seconds

  expected = "sha256=#{OpenSSL::HMAC.hexdigest('SHA256', secret, "#{timestamp}.".b + body.b)}"
  signatures.split(',').any? { |signature| OpenSSL.secure_compare(signature, expected) }
end
