<?php // SECRET=whsec_... php -S 127.0.0.1:9000 receiver.php
http_response_code(401); // until it is seen to be genuine
$key = base64_decode(substr((string) getenv('SECRET'), strlen('whsec_')));
$body = file_get_contents('php://input');
$sentAt = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '0';
$signed = ($_SERVER['HTTP_WEBHOOK_ID'] ?? '') . '.' . $sentAt . '.' . $body;
$ours = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
$fits = false;
foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $given) {
    $fits = hash_equals($ours, $given) || $fits;
}
if ($key !== '' && $fits && abs(time() - (int) $sentAt) <= 300) {
    http_response_code(204); // answer first, then work
}
